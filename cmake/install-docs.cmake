# SPDX-License-Identifier: MIT
# Run by `cmake --install`: the README and the documents, with the paths of the installation in them. SOURCE: the tree;
# DOCDIR, DATADIR: relative to the prefix. What is in the source alone is named without a link.
set(data ${CMAKE_INSTALL_PREFIX}/${DATADIR}/irqstorm)
set(to $ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/${DOCDIR})
file(GLOB documents RELATIVE ${SOURCE} ${SOURCE}/README.md ${SOURCE}/docs/*.md ${SOURCE}/results/*.md)
foreach(name IN LISTS documents)
	file(READ ${SOURCE}/${name} text)
	# the corpus of the installation, in links and in commands
	string(REGEX REPLACE "\\]\\((\\.\\./)?corpus" "](${data}/corpus" text "${text}")
	string(REGEX REPLACE "(irqstorm ([^\n`]* )?)corpus/" "\\1${data}/corpus/" text "${text}")
	set(sources "tests|harness|packaging|fuzz|stress|gate|cmake")
	string(REGEX REPLACE "\\[([^][]*)\\]\\((\\.\\./(${sources})|(${sources})/)[^)]*\\)" "\\1 (in the source)" text "${text}")
	file(WRITE ${to}/${name} "${text}")
	message(STATUS "Installing: ${to}/${name}")
endforeach()
