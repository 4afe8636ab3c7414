# Writes the C++ source that holds the files of the page: cmake -DWEB=FOLDER -DOUT=FILE -P EmbedPage.cmake
#
# Each file stands in it as text and as gzip, with the beginning of its SHA-256 as its entity tag. Nothing but CMake is
# needed, and the same files give the same bytes: the time in the gzip header is taken out.
cmake_minimum_required(VERSION 3.25)

set(type_html "text/html; charset=utf-8")
set(type_js "text/javascript; charset=utf-8")
set(type_css "text/css; charset=utf-8")
set(type_svg "image/svg+xml")
set(type_ "text/plain; charset=utf-8") # a licence

# A C++ literal of the bytes of FILE, which need not be text.
function(literal_of file out)
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "(..)" "\\\\x\\1" text "${hex}")
  # Lines of 8 bytes: tools like no line of a million characters.
  string(REGEX REPLACE "((\\\\x..)(\\\\x..)?(\\\\x..)?(\\\\x..)?(\\\\x..)?(\\\\x..)?(\\\\x..)?(\\\\x..)?)" "\\1\"\n\"" text "${text}")
  set(${out} "\"${text}\"" PARENT_SCOPE)
endfunction()

file(GLOB_RECURSE files RELATIVE ${WEB} ${WEB}/*.html ${WEB}/*.js ${WEB}/*.css ${WEB}/*.svg ${WEB}/*LICENSE)
list(SORT files)
list(LENGTH files count)
get_filename_component(folder ${OUT} DIRECTORY)
file(MAKE_DIRECTORY ${folder})

set(entries "")
foreach(name IN LISTS files)
  get_filename_component(extension ${name} LAST_EXT)
  string(REPLACE "." "" extension "${extension}")
  file(ARCHIVE_CREATE OUTPUT ${folder}/asset.gz PATHS ${WEB}/${name} FORMAT raw COMPRESSION GZip COMPRESSION_LEVEL 9)
  file(SIZE ${WEB}/${name} bytes)
  file(SIZE ${folder}/asset.gz gzip_bytes)
  file(SHA256 ${WEB}/${name} sum)
  string(SUBSTRING ${sum} 0 32 tag)
  literal_of(${WEB}/${name} text)
  literal_of(${folder}/asset.gz gzip)
  # Bytes 4 to 7 of a gzip header are a time.
  string(REGEX REPLACE "^\"(\\\\x1f\\\\x8b\\\\x08\\\\x..)\\\\x..\\\\x..\\\\x..\\\\x.." "\"\\1\\\\x00\\\\x00\\\\x00\\\\x00" gzip "${gzip}")
  string(APPEND entries "    {\"${name}\", \"${type_${extension}}\",\n     std::string_view(\n${text}, ${bytes}),\n"
    "     std::string_view(\n${gzip}, ${gzip_bytes}),\n     \"\\\"${tag}\\\"\", \"\\\"${tag}-gzip\\\"\"},\n")
endforeach()
file(REMOVE ${folder}/asset.gz)

file(WRITE ${OUT} "// Made by cmake/EmbedPage.cmake from web/; sorted by path.
#include <array>

#include \"page/assets.h\"

#pragma GCC diagnostic ignored \"-Woverlength-strings\"

namespace discovery::page {

namespace {
constexpr std::array<Asset, ${count}> kAssets{{
${entries}}};
}  // namespace

std::span<const Asset> assets() { return kAssets; }

}  // namespace discovery::page
")
