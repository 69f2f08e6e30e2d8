# SPDX-License-Identifier: MIT
# What `cmake --install` puts where, and the package that `cpack` makes of it. The program is static: nothing of this
# machine's libraries goes into the package's needs.
include(GNUInstallDirs)

# The tables are in the program: it writes its own manual.
set(manual ${PROJECT_BINARY_DIR}/manual)
add_custom_command(OUTPUT ${manual}/bash-completion/irqstorm
	COMMAND ${CMAKE_COMMAND} -E rm -rf ${manual}
	COMMAND irqstorm manual --out ${manual}
	DEPENDS irqstorm VERBATIM)
add_custom_target(manual ALL DEPENDS ${manual}/bash-completion/irqstorm)

install(TARGETS irqstorm)
install(DIRECTORY ${manual}/man1 DESTINATION ${CMAKE_INSTALL_MANDIR})
install(FILES ${manual}/bash-completion/irqstorm
	DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(DIRECTORY corpus DESTINATION ${CMAKE_INSTALL_DATADIR}/irqstorm PATTERN ".gitkeep" EXCLUDE)
install(DIRECTORY gate DESTINATION ${CMAKE_INSTALL_DATADIR}/irqstorm OPTIONAL
	FILES_MATCHING PATTERN "*.gate")
# As in the source, so that their links lead somewhere.
install(FILES README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY results DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN "*.md"
	PATTERN "local" EXCLUDE PATTERN "*-run" EXCLUDE)
install(FILES packaging/irqstorm-nightly.service packaging/irqstorm-nightly.timer packaging/irqstorm-nightly.yml
	DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME irqstorm)
set(CPACK_PACKAGE_CONTACT "irqstorm developers")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "fuzzing and stress tests for the Linux VFIO interrupt interface")
set(CPACK_PACKAGE_DESCRIPTION "irqstorm measures and tests VFIO_DEVICE_SET_IRQS and dynamic MSI-X:
on an emulator of vfio-pci, on a device of this machine, or on devices of
a QEMU guest with a kernel of your choice.")
set(CPACK_DEBIAN_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "qemu-system-x86, xz-utils")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
	GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
# The version is that of the program in the package, whenever the build folder was configured.
set(CPACK_IRQSTORM_VERSION_C ${PROJECT_BINARY_DIR}/harness/version.c)
set(CPACK_PROJECT_CONFIG_FILE ${PROJECT_SOURCE_DIR}/cmake/package-version.cmake)
include(CPack)
