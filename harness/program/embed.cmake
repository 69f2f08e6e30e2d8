# SPDX-License-Identifier: MIT
# Makes a C file with the bytes of others, each ended by a 0; HEADER declares NAMES:
#   cmake -DOUT=FILE -DNAMES=a,b -DFILES=x,y -DHEADER=h -P embed.cmake
set(text "/* Made by embed.cmake. */\n#include \"${HEADER}\"\n")
string(REPLACE "," ";" NAMES "${NAMES}")
string(REPLACE "," ";" FILES "${FILES}")
foreach(name file IN ZIP_LISTS NAMES FILES)
	file(READ ${file} hex HEX)
	string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
	string(APPEND text "\nconst char ${name}[] = {${bytes}0};\n")
endforeach()
file(WRITE ${OUT} "${text}")
