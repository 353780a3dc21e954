# Run at each build: writes git_version.h, and only when the commit or its cleanliness changed.
cmake_minimum_required(VERSION 3.25)
execute_process(COMMAND git rev-parse HEAD WORKING_DIRECTORY "${SOURCE_DIR}" OUTPUT_VARIABLE commit
                OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
set(dirty false)
if(failed)
  set(commit "")
else()
  execute_process(COMMAND git status --porcelain WORKING_DIRECTORY "${SOURCE_DIR}" OUTPUT_VARIABLE changes ERROR_QUIET)
  if(changes)
    set(dirty true)
  endif()
endif()
file(CONFIGURE OUTPUT "${OUTPUT}" CONTENT "#pragma once
#define ATTNSCOPE_GIT_COMMIT \"@commit@\"
#define ATTNSCOPE_GIT_DIRTY @dirty@
" @ONLY)
