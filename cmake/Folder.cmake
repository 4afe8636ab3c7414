# One folder is one library, and one folder of tests is one test program.

# discovery_folder(<name> [USES <folder libraries...>] [LINKS <borrowed libraries...>])
# The library discovery_<name> from every *.cpp of the calling folder.
function(discovery_folder name)
  cmake_parse_arguments(ARG "" "" "USES;LINKS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  list(TRANSFORM ARG_USES PREPEND discovery_)
  if(sources)
    add_library(discovery_${name} STATIC ${sources})
    target_include_directories(discovery_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(discovery_${name} PUBLIC ${ARG_USES} ${ARG_LINKS})
  else()
    add_library(discovery_${name} INTERFACE)
    target_include_directories(discovery_${name} INTERFACE ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(discovery_${name} INTERFACE ${ARG_USES} ${ARG_LINKS})
  endif()
endfunction()

# discovery_tests(<name> USES <folder libraries...> [LINKS <borrowed libraries...>] [THREADED <file names...>|ALL]
#                 [BUSY <file names...>|ALL])
# The program <name>_test from every *_test.cpp (and helpers) of the calling folder, each test known to ctest.
# Those that compute for long, BUSY, are optimised with sanitizers too: without it they take twenty times as long.
# A build with ThreadSanitizer takes only what has threads: the files named as THREADED, and what is no test.
function(discovery_tests name)
  cmake_parse_arguments(ARG "" "" "USES;LINKS;THREADED;BUSY" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  if(DISCOVERY_SANITIZE MATCHES "thread" AND NOT ARG_THREADED STREQUAL "ALL")
    if(NOT ARG_THREADED)
      return()
    endif()
    list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
    list(APPEND sources ${ARG_THREADED})
  endif()
  if(NOT sources)
    return()
  endif()
  list(TRANSFORM ARG_USES PREPEND discovery_)
  add_executable(${name}_test ${sources})
  target_include_directories(${name}_test PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_link_libraries(${name}_test PRIVATE ${ARG_USES} ${ARG_LINKS} GTest::gmock GTest::gtest_main)
  if(NOT DISCOVERY_SANITIZE OR NOT ARG_BUSY STREQUAL "ALL")
    discovery_test_options(${name}_test)
  endif()
  if(DISCOVERY_SANITIZE AND ARG_BUSY AND NOT ARG_BUSY STREQUAL "ALL")
    set_source_files_properties(${ARG_BUSY} PROPERTIES COMPILE_OPTIONS -O1) # stands behind the target's
  endif()
  gtest_discover_tests(${name}_test DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 300)
endfunction()

# discovery_test_options(<target>): the test's own sources are optimised less than what they test. That halves the time
# to build them, which is most of the time to build everything.
function(discovery_test_options target)
  if(DISCOVERY_SANITIZE)
    target_compile_options(${target} PRIVATE -O0)
  elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
    target_compile_options(${target} PRIVATE -O1 -g1)
  endif()
endfunction()
