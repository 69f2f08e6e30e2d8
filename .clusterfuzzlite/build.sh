#!/bin/bash -eu
# SPDX-License-Identifier: MIT
exec fuzz/oss-fuzz-build.sh
