# SPDX-License-Identifier: MIT
# What `cmake --install` puts where, and the package that `cpack` makes of it. The program is static: nothing of this
# machine's libraries goes into the package's needs.
include(GNUInstallDirs)

# The tables are in the program: it writes its own manual. One that cannot run here writes none.
if(CMAKE_CROSSCOMPILING AND NOT CMAKE_CROSSCOMPILING_EMULATOR)
	message(STATUS "no manual and no package for ${CMAKE_SYSTEM_PROCESSOR}: apt-get install qemu-user-static")
	return()
endif()
set(manual ${PROJECT_BINARY_DIR}/manual)
add_custom_command(OUTPUT ${manual}/bash-completion/irqstorm
	COMMAND ${CMAKE_COMMAND} -E rm -rf ${manual}
	COMMAND irqstorm manual --out ${manual}
	COMMAND sh -c "gzip -9n ${manual}/man1/*.1"
	DEPENDS irqstorm VERBATIM)
# What Debian wants of a package beside: a changelog, and to be told why the program is static.
set(contact "irqstorm maintainers <maintainers@irqstorm.invalid>")
foreach(package irqstorm irqstorm-fuzz)
	add_custom_command(OUTPUT debian/${package}/changelog.Debian.gz
		COMMAND ${CMAKE_COMMAND} -E make_directory debian/${package}
		COMMAND ${PROJECT_SOURCE_DIR}/packaging/changelog.sh ${package} ${PROJECT_BINARY_DIR}/harness/version.c
			${contact} debian/${package}/changelog.Debian.gz
		DEPENDS irqstorm ${PROJECT_SOURCE_DIR}/packaging/changelog.sh VERBATIM)
endforeach()
add_custom_target(manual ALL DEPENDS ${manual}/bash-completion/irqstorm debian/irqstorm/changelog.Debian.gz
	debian/irqstorm-fuzz/changelog.Debian.gz)

install(TARGETS irqstorm)
install(DIRECTORY ${manual}/man1 DESTINATION ${CMAKE_INSTALL_MANDIR})
install(FILES ${manual}/bash-completion/irqstorm
	DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(DIRECTORY corpus DESTINATION ${CMAKE_INSTALL_DATADIR}/irqstorm PATTERN ".gitkeep" EXCLUDE)
install(DIRECTORY harness/kernel DESTINATION ${CMAKE_INSTALL_DATADIR}/irqstorm FILES_MATCHING PATTERN "*.config")
install(DIRECTORY gate DESTINATION ${CMAKE_INSTALL_DATADIR}/irqstorm OPTIONAL
	FILES_MATCHING PATTERN "*.gate")
# As in the source, with the paths of the installation in them, so that their links lead somewhere.
install(CODE "set(SOURCE \"${PROJECT_SOURCE_DIR}\")
set(DOCDIR \"${CMAKE_INSTALL_DOCDIR}\")
set(DATADIR \"${CMAKE_INSTALL_DATADIR}\")
include(\"${PROJECT_SOURCE_DIR}/cmake/install-docs.cmake\")")
install(DIRECTORY results DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN "*.svg" PATTERN "*.schema.json"
	PATTERN "local" EXCLUDE PATTERN "*-run" EXCLUDE)
install(FILES packaging/irqstorm-nightly.service packaging/irqstorm-nightly.timer packaging/irqstorm-nightly.yml
	DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)
# These go into the package only.
install(FILES ${PROJECT_BINARY_DIR}/debian/irqstorm/changelog.Debian.gz DESTINATION ${CMAKE_INSTALL_DOCDIR}
	COMPONENT debian EXCLUDE_FROM_ALL)
install(FILES packaging/lintian-overrides DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides RENAME irqstorm
	COMPONENT debian EXCLUDE_FROM_ALL)
# And these into the package of the fuzz targets, whose programs are in the builds of other presets.
install(FILES ${PROJECT_BINARY_DIR}/debian/irqstorm-fuzz/changelog.Debian.gz
	DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/irqstorm-fuzz COMPONENT debian-fuzz EXCLUDE_FROM_ALL)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/irqstorm-fuzz RENAME copyright
	COMPONENT debian-fuzz EXCLUDE_FROM_ALL)
install(FILES packaging/lintian-overrides-fuzz DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides
	RENAME irqstorm-fuzz COMPONENT debian-fuzz EXCLUDE_FROM_ALL)
configure_file(${PROJECT_SOURCE_DIR}/cmake/fuzz-package.cmake.in ${PROJECT_BINARY_DIR}/CPackFuzzConfig.cmake @ONLY)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME irqstorm)
set(CPACK_PACKAGE_CONTACT ${contact})
set(CPACK_INSTALL_CMAKE_PROJECTS ${PROJECT_BINARY_DIR} irqstorm ALL / ${PROJECT_BINARY_DIR} irqstorm debian /)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "fuzzing and stress tests for the Linux VFIO interrupt interface")
set(CPACK_PACKAGE_DESCRIPTION "irqstorm measures and tests VFIO_DEVICE_SET_IRQS and dynamic MSI-X:
on an emulator of vfio-pci, on a device of this machine, or on devices of
a QEMU guest with a kernel of your choice.")
set(CPACK_DEBIAN_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
# For guests of the architecture that the package is for; others are somebody's own wish.
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "aarch64")
	set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE arm64)
	set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "qemu-system-arm, xz-utils")
else()
	set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "qemu-system-x86, xz-utils")
	set(CPACK_DEBIAN_PACKAGE_SUGGESTS "qemu-system-arm")
endif()
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
	GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
# The version is that of the program in the package, whenever the build folder was configured.
set(CPACK_IRQSTORM_VERSION_C ${PROJECT_BINARY_DIR}/harness/version.c)
set(CPACK_PROJECT_CONFIG_FILE ${PROJECT_SOURCE_DIR}/cmake/package-version.cmake)
include(CPack)
