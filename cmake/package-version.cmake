# SPDX-License-Identifier: MIT
# Read by cpack: the version that the last build put into the program.
file(STRINGS ${CPACK_IRQSTORM_VERSION_C} line REGEX "irqstorm_version")
string(REGEX REPLACE ".*\"(.*)\".*" "\\1" CPACK_PACKAGE_VERSION "${line}")
if(CPACK_PACKAGE_NAME STREQUAL "irqstorm-fuzz") # the two are of one source
	set(CPACK_DEBIAN_PACKAGE_DEPENDS "irqstorm (= ${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})")
endif()
