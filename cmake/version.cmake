# SPDX-License-Identifier: MIT
# What this source is: irqstorm_version(SOURCE FALLBACK VERSION DATE) sets the last two.
#	X.Y.Z			the tag vX.Y.Z
#	X.Y.Z+N.gCOMMIT		N commits after it
#	FALLBACK+gCOMMIT	a checkout without such a tag (a shallow clone)
#	the same three		an archive that git made of it, by what git wrote into archive.txt
#	FALLBACK+unknown	neither, or no git: nobody knows which source it is
# and `.dirty` (after a tag itself `+dirty`) where tracked files are changed. Every form is a valid version of a
# Debian package, and sorts as it should. DATE is the day of the commit; where that is unknown, that of the files.
#
# As a script, cmake -DSOURCE= -DFALLBACK= -DOUT= -P version.cmake, it writes version.c, and leaves it alone if it
# would not change: so a build asks at every turn, and compiles one small file after a commit.
function(irqstorm_version source fallback version_out date_out)
	set(version ${fallback}+unknown)
	file(TIMESTAMP ${source}/CMakeLists.txt date "%Y-%m-%d" UTC)
	set(commit "")
	find_program(IRQSTORM_GIT git NO_CACHE)
	# Of this folder itself: a tarball unpacked inside another project's checkout is no part of that.
	if(IRQSTORM_GIT AND EXISTS ${source}/.git)
		# No index lock: somebody else may be committing.
		set(git ${IRQSTORM_GIT} --no-optional-locks -C ${source})
		execute_process(COMMAND ${git} log -1 --format=%cs/%h --abbrev=9
			OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
	endif()
	if(commit MATCHES "^([0-9-]+)/([0-9a-f]+)$")
		set(date ${CMAKE_MATCH_1})
		set(hash g${CMAKE_MATCH_2})
		set(join ".")
		execute_process(COMMAND ${git} describe --tags --long --match "v[0-9]*" --exclude "*-*"
			OUTPUT_VARIABLE tag OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
		if(tag MATCHES "^v([0-9]+\\.[0-9]+\\.[0-9]+)-0-g")
			set(version ${CMAKE_MATCH_1})
			set(join "+")
		elseif(tag MATCHES "^v([0-9]+\\.[0-9]+\\.[0-9]+)-([0-9]+)-g")
			set(version ${CMAKE_MATCH_1}+${CMAKE_MATCH_2}.${hash})
		else()
			set(version ${fallback}+${hash})
		endif()
		execute_process(COMMAND ${git} status --porcelain --untracked-files=no
			OUTPUT_VARIABLE changed OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
		if(changed)
			string(APPEND version ${join}dirty)
		endif()
	elseif(NOT EXISTS ${source}/.git AND EXISTS ${source}/cmake/archive.txt)
		file(READ ${source}/cmake/archive.txt archive)
		if(archive MATCHES "\ncommit ([0-9-]+)/([0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f])")
			set(date ${CMAKE_MATCH_1})
			set(version ${fallback}+g${CMAKE_MATCH_2})
			set(hash g${CMAKE_MATCH_2})
			if(archive MATCHES "\ntag v([0-9]+\\.[0-9]+\\.[0-9]+)(-([0-9]+)-g[0-9a-f]+)?\n")
				set(version ${CMAKE_MATCH_1})
				if(CMAKE_MATCH_3)
					string(APPEND version +${CMAKE_MATCH_3}.${hash})
				endif()
			endif()
		endif()
	endif()
	set(${version_out} ${version} PARENT_SCOPE)
	set(${date_out} ${date} PARENT_SCOPE)
endfunction()

if(CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
	irqstorm_version(${SOURCE} ${FALLBACK} version date)
	file(CONFIGURE OUTPUT ${OUT} @ONLY CONTENT [[
/* Written by cmake/version.cmake. */
#include "support/version.h"

const char irqstorm_version[] = "@version@";
const char irqstorm_date[] = "@date@";
]])
endif()
