# SPDX-License-Identifier: MIT
# The toolchain of the preset arm64: Debian's cross compiler, and Debian's arm64 libraries below IRQSTORM_ARM64_ROOT,
# where cmake/arm64-root.sh unpacks them. Nothing of arm64 is installed into this machine. A program that was built is
# run by qemu-user where that is installed (apt-get install qemu-user-static), else not at all.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc) # presets that have it
get_filename_component(source ${CMAKE_CURRENT_LIST_DIR} DIRECTORY)
set(IRQSTORM_ARM64_ROOT ${source}/build/arm64-root CACHE PATH "where the arm64 libraries are unpacked")
# The projects that try the compiler have no cache of ours.
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES IRQSTORM_ARM64_ROOT)

set(libraries ${IRQSTORM_ARM64_ROOT}/usr/lib/aarch64-linux-gnu)
set(ENV{PKG_CONFIG_LIBDIR} ${libraries}/pkgconfig)
set(ENV{PKG_CONFIG_PATH} "")
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${IRQSTORM_ARM64_ROOT})
set(CMAKE_C_FLAGS_INIT "-isystem ${IRQSTORM_ARM64_ROOT}/usr/include")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-L${libraries} -Wl,-rpath-link,${libraries}")
set(CMAKE_FIND_ROOT_PATH ${IRQSTORM_ARM64_ROOT})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)

find_program(IRQSTORM_QEMU_USER NAMES qemu-aarch64-static qemu-aarch64)
if(IRQSTORM_QEMU_USER)
	# Its libraries, for programs that are not static.
	set(CMAKE_CROSSCOMPILING_EMULATOR ${IRQSTORM_QEMU_USER} -L ${IRQSTORM_ARM64_ROOT})
endif()
