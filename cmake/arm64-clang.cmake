# SPDX-License-Identifier: MIT
# The same with clang, for libFuzzer: its runtime and libstdc++ for arm64 are unpacked, too.
include(${CMAKE_CURRENT_LIST_DIR}/arm64.cmake)
set(CMAKE_C_COMPILER clang)
set(CMAKE_C_COMPILER_TARGET aarch64-linux-gnu)
