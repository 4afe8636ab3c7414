# cmake --install BUILD --component client --prefix PREFIX: the library, its headers, find_package(discovery), discovery.pc.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(discovery_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/discovery)
install(TARGETS discovery_client EXPORT discovery-targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT client)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/discovery DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT client
        FILES_MATCHING PATTERN *.h)
install(EXPORT discovery-targets NAMESPACE discovery:: DESTINATION ${discovery_cmake_dir} COMPONENT client)

configure_package_config_file(${CMAKE_SOURCE_DIR}/cmake/discovery-config.cmake.in
                              ${CMAKE_BINARY_DIR}/generated/discovery-config.cmake
                              INSTALL_DESTINATION ${discovery_cmake_dir})
# Before 1.0 a minor version may break.
write_basic_package_version_file(${CMAKE_BINARY_DIR}/generated/discovery-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/generated/discovery-config.cmake
              ${CMAKE_BINARY_DIR}/generated/discovery-config-version.cmake
        DESTINATION ${discovery_cmake_dir} COMPONENT client)

file(RELATIVE_PATH discovery_pc_to_prefix /p/${CMAKE_INSTALL_LIBDIR}/pkgconfig /p)
configure_file(${CMAKE_SOURCE_DIR}/cmake/discovery.pc.in ${CMAKE_BINARY_DIR}/generated/discovery.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/generated/discovery.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT client)
