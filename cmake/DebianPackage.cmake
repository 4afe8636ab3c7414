# The Debian packages, made by scripts/package: discoveryd (daemon, tool, service) and libdiscovery-client-dev (the library).
#
# What only a Debian system wants is the component `system`: `cmake --install` leaves it out unless it is named, because it
# goes to fixed places such as /etc. The two packages are groups of components:
#
#   discoveryd                programs, manuals (packed, so by `system` here), system
#   libdiscovery-client-dev   client
#
# Version and date of the packages' changelog come from scripts/package: DISCOVERY_DEB_VERSION, DISCOVERY_DEB_DATE.
if(NOT DISCOVERY_BUILD_CLIENT)
  return() # no discoveryctl, nothing to package
endif()
set(DISCOVERY_DEB_VERSION "${PROJECT_VERSION}-1" CACHE STRING "Version of the Debian packages")
set(DISCOVERY_DEB_DATE "Thu, 01 Jan 1970 00:00:00 +0000" CACHE STRING "Date in their changelog, as in an e-mail")
set(packaging ${CMAKE_SOURCE_DIR}/packaging)
set(staged ${CMAKE_BINARY_DIR}/package)

# The defaults, with a folder for the node's state: what a machine wants that a first try does not.
set(file_without "#data_dir = \"\"")
set(file_with "data_dir = \"/var/lib/discoveryd\"")
file(READ ${CMAKE_SOURCE_DIR}/config/discovery.toml configuration)
string(FIND "${configuration}" "${file_without}" at)
if(at EQUAL -1)
  message(FATAL_ERROR "config/discovery.toml has no line ${file_without} to change for the package")
endif()
string(REPLACE "${file_without}" "${file_with}" configuration "${configuration}")
file(WRITE ${staged}/discovery.toml.new "${configuration}")
file(COPY_FILE ${staged}/discovery.toml.new ${staged}/discovery.toml ONLY_IF_DIFFERENT)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/config/discovery.toml)

configure_file(${packaging}/deb/changelog.in ${staged}/changelog @ONLY)

# gzip_of(<file> <name below staged>): as Debian wants it, without name and time.
set(packed "")
function(gzip_of file name)
  add_custom_command(OUTPUT ${staged}/${name} DEPENDS ${file} VERBATIM
                     COMMAND sh -c "gzip -9nc \"$1\" >\"$2\"" sh ${file} ${staged}/${name})
  set(packed ${packed} ${staged}/${name} PARENT_SCOPE)
endfunction()
gzip_of(${staged}/changelog changelog.Debian.gz)
gzip_of(${CMAKE_SOURCE_DIR}/CHANGELOG.md changelog.gz)
gzip_of(${CMAKE_SOURCE_DIR}/docs/man/discoveryctl.1 discoveryctl.1.gz)
gzip_of(${CMAKE_SOURCE_DIR}/docs/man/discoveryd.8 discoveryd.8.gz)
foreach(shell bash zsh fish)
  add_custom_command(OUTPUT ${staged}/completion.${shell} DEPENDS discoveryctl VERBATIM
                     COMMAND sh -c "\"$1\" completion ${shell} >\"$2\"" sh $<TARGET_FILE:discoveryctl> ${staged}/completion.${shell})
  list(APPEND packed ${staged}/completion.${shell})
endforeach()
add_custom_target(package_files DEPENDS ${packed})

# installs(<folder> <mode> <file>... [RENAME <name>]): in the component `system`.
function(installs folder mode)
  set(permissions OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
  if(mode STREQUAL "program")
    list(APPEND permissions OWNER_EXECUTE GROUP_EXECUTE WORLD_EXECUTE)
  endif()
  cmake_parse_arguments(ARG "" "RENAME" "" ${ARGN})
  set(rename)
  if(ARG_RENAME)
    set(rename RENAME ${ARG_RENAME})
  endif()
  install(FILES ${ARG_UNPARSED_ARGUMENTS} DESTINATION ${folder} PERMISSIONS ${permissions} COMPONENT system EXCLUDE_FROM_ALL ${rename})
endfunction()
installs(/etc/discoveryd data ${staged}/discovery.toml)
installs(/etc/init.d program ${packaging}/deb/discoveryd.init RENAME discoveryd)
installs(/etc/logrotate.d data ${packaging}/deb/discoveryd.logrotate RENAME discoveryd)
installs(/lib/systemd/system data ${packaging}/systemd/discoveryd.service)
installs(/usr/lib/sysusers.d data ${packaging}/systemd/discoveryd.sysusers RENAME discoveryd.conf)
installs(/usr/lib/tmpfiles.d data ${packaging}/systemd/discoveryd.tmpfiles RENAME discoveryd.conf)
installs(/usr/lib/discoveryd program ${packaging}/deb/running)
installs(/usr/share/man/man1 data ${staged}/discoveryctl.1.gz)
installs(/usr/share/man/man8 data ${staged}/discoveryd.8.gz)
installs(/usr/share/bash-completion/completions data ${staged}/completion.bash RENAME discoveryctl)
installs(/usr/share/zsh/vendor-completions data ${staged}/completion.zsh RENAME _discoveryctl)
installs(/usr/share/fish/vendor_completions.d data ${staged}/completion.fish RENAME discoveryctl.fish)
installs(/usr/share/discoveryd/prometheus data ${packaging}/prometheus/discoveryd.rules.yml ${packaging}/prometheus/prometheus.yml)
installs(/usr/share/discoveryd/grafana data ${packaging}/grafana/discoveryd.json)
installs(/usr/share/doc/discoveryd data ${packaging}/deb/copyright ${staged}/changelog.Debian.gz ${staged}/changelog.gz
         ${CMAKE_SOURCE_DIR}/docs/operations.md ${CMAKE_SOURCE_DIR}/docs/configuration.md ${CMAKE_SOURCE_DIR}/docs/http-api.md
         ${CMAKE_SOURCE_DIR}/docs/metrics.md ${CMAKE_SOURCE_DIR}/docs/security.md ${CMAKE_SOURCE_DIR}/docs/troubleshooting.md)
# The library's package has its own.
foreach(file ${packaging}/deb/copyright ${staged}/changelog.Debian.gz ${staged}/changelog.gz ${CMAKE_SOURCE_DIR}/docs/client.md)
  install(FILES ${file} DESTINATION /usr/share/doc/libdiscovery-client-dev COMPONENT client_documents EXCLUDE_FROM_ALL)
endforeach()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME discoveryd)
set(CPACK_PACKAGE_CONTACT "The discoveryd maintainers <maintainers@discoveryd.invalid>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_SET_DESTDIR ON) # fixed places such as /etc
set(CPACK_STRIP_FILES ON)
set(CPACK_OUTPUT_FILE_PREFIX ${CMAKE_BINARY_DIR}/package)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_COMPONENTS_ALL programs system client client_documents)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_COMPONENT_PROGRAMS_GROUP daemon)
set(CPACK_COMPONENT_SYSTEM_GROUP daemon)
set(CPACK_COMPONENT_CLIENT_GROUP library)
set(CPACK_COMPONENT_CLIENT_DOCUMENTS_GROUP library)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_VERSION ${DISCOVERY_DEB_VERSION})
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "") # each package has its own
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_SOURCE_DIR}/cmake/DebianStrip.cmake)

set(CPACK_DEBIAN_DAEMON_PACKAGE_NAME discoveryd)
set(CPACK_DEBIAN_DAEMON_PACKAGE_SECTION net)
set(CPACK_DEBIAN_DAEMON_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_DAEMON_PACKAGE_DEPENDS "passwd, sysvinit-utils (>= 3.05-4~)")
set(CPACK_DEBIAN_DAEMON_PACKAGE_PREDEPENDS "init-system-helpers (>= 1.54~)") # invoke-rc.d --skip-systemd-native
set(CPACK_DEBIAN_DAEMON_PACKAGE_SUGGESTS "prometheus, logrotate")
set(CPACK_DEBIAN_DAEMON_DESCRIPTION
"service registry that prefers to be available
Services register over HTTP, send heartbeats and cancel; clients fetch lists,
or park a long poll that answers when something changes. It speaks the wire
protocol of bilibili Discovery, keeps the registry in memory, and agrees with
the other nodes of its cluster.
.
This package brings the daemon, started as one node on the loopback address,
and discoveryctl, the command line tool.")
set(CPACK_DEBIAN_DAEMON_PACKAGE_CONTROL_EXTRA
    ${packaging}/deb/postinst ${packaging}/deb/prerm ${packaging}/deb/postrm ${packaging}/deb/conffiles)

set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libdiscovery-client-dev)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_DEPENDS "libstdc++-12-dev | libstdc++-dev")
set(CPACK_DEBIAN_LIBRARY_DESCRIPTION
"C++ client of the discoveryd service registry
Registers a service and renews it, resolves applications and watches them,
fails over between nodes, and keeps the last list while the registry is away.
.
This package brings the static library, its headers, and the files by which
CMake and pkg-config find it.")
include(CPack)
