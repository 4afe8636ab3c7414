# Every library the project borrows, and nothing else. The Debian packages that bring them are listed in scripts/packages.
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)          # Asio (net, client), Intrusive-free System result (base); headers only
find_package(ZLIB REQUIRED)                # compressed answers, src/codec
find_package(OpenSSL 3.0 REQUIRED)         # TLS, src/net
find_package(nlohmann_json 3.11 REQUIRED)  # /admin/state, and the model our JSON reader is tested against
find_package(fmt 9 REQUIRED)
find_package(spdlog 1.10 REQUIRED)         # logging, behind src/observe
find_package(prometheus-cpp REQUIRED)      # metric families and their text form, behind src/observe
find_path(SECCOMP_INCLUDE_DIR seccomp.h REQUIRED) # which system calls are allowed, src/sandbox
find_library(SECCOMP_LIBRARY seccomp REQUIRED)
find_path(NGHTTP2_INCLUDE_DIR nghttp2/nghttp2.h REQUIRED) # frames and header compression of HTTP/2, src/grpc
find_library(NGHTTP2_LIBRARY nghttp2 REQUIRED)
find_program(PROTOC protoc REQUIRED)               # makes the messages of etcd's clients, src/protocol/etcd
find_library(PROTOBUF_LITE_LIBRARY NAMES libprotobuf-lite.a protobuf-lite REQUIRED)
find_package(CLI11 2.1 REQUIRED)           # command lines, src/node and src/ctl
# Debian's package ships headers and a pkg-config file; only the headers are used.
find_path(TOMLPLUSPLUS_INCLUDE_DIR toml++/toml.h REQUIRED)

option(DISCOVERY_GTEST_FROM_SOURCE "Build GoogleTest with our own flags, for those that change the layout of containers" OFF)
if(BUILD_TESTING AND DISCOVERY_GTEST_FROM_SOURCE)
  set(googletest /usr/src/googletest) # where Debian's package puts the sources
  add_library(discovery_gtest STATIC ${googletest}/googletest/src/gtest-all.cc ${googletest}/googletest/src/gtest_main.cc
                                     ${googletest}/googlemock/src/gmock-all.cc)
  target_include_directories(discovery_gtest SYSTEM PUBLIC ${googletest}/googletest/include ${googletest}/googlemock/include
                             PRIVATE ${googletest}/googletest ${googletest}/googlemock)
  target_compile_options(discovery_gtest PRIVATE -w)
  target_link_libraries(discovery_gtest PUBLIC Threads::Threads)
  add_library(GTest::gtest_main ALIAS discovery_gtest)
  add_library(GTest::gmock ALIAS discovery_gtest)
elseif(BUILD_TESTING)
  find_package(GTest REQUIRED)
endif()
