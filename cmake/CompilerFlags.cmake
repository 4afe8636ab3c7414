# Warnings for everything; hardening for optimised builds; sanitizers by -DDISCOVERY_SANITIZE=address,undefined | thread.
set(DISCOVERY_SANITIZE "" CACHE STRING "Comma list for -fsanitize=, empty for none")
option(DISCOVERY_WERROR "Treat warnings as errors" ON)

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
                    -Woverloaded-virtual -Wnull-dereference -Wformat=2 -Werror=format-security)
if(DISCOVERY_WERROR)
  add_compile_options(-Werror)
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  add_compile_options(-Wthread-safety)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports paths through inlined library code that cannot happen.
  add_compile_options(-Wno-null-dereference -Wno-restrict -Wno-maybe-uninitialized)
endif()

# Paths in assertions and debug information are relative to the repository: no machine's path ends up in a binary, and
# ccache serves another clone too. For gdb, start it in the repository.
add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)

set(CMAKE_POSITION_INDEPENDENT_CODE ON)
include(CheckPIESupported)
check_pie_supported()

if(DISCOVERY_SANITIZE)
  add_compile_options(-fsanitize=${DISCOVERY_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all -g1)
  add_link_options(-fsanitize=${DISCOVERY_SANITIZE})
  if(DISCOVERY_SANITIZE MATCHES "undefined")
    # Its check of a vptr opens a pipe to see whether memory may be read, and takes a lack of descriptors, which some
    # tests make, for a broken object.
    add_compile_options(-fno-sanitize=vptr)
  endif()
  if(DISCOVERY_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-Wno-tsan)  # Asio fences; the analyser is right without them
  endif()
else()
  # scripts/check-hardening reads the result from the file.
  add_compile_options(-g -fstack-protector-strong -fstack-clash-protection)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU") # clang 14 knows it only behind a switch named to discourage
    add_compile_options(-ftrivial-auto-var-init=zero)
  endif()
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    add_compile_options(-fcf-protection=full)
  endif()
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
  add_compile_options($<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE> $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=3>)
  add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code)
endif()
