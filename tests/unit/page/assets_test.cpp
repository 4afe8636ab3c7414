// The files of the page as they stand in the program.
#include "page/assets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "codec/gzip.h"

namespace discovery::page {
namespace {

const std::filesystem::path kWeb = std::filesystem::path(DISCOVERY_SOURCE_DIR) / "web";

std::string content_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

TEST(PageAssets, AreTheFilesOfTheFolder) {
  std::set<std::string> expected;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(kWeb)) {
    if (entry.is_regular_file() && entry.path().extension() != ".md") {
      expected.insert(std::filesystem::relative(entry.path(), kWeb).string());
    }
  }
  std::set<std::string> found;
  for (const Asset& asset : assets()) found.insert(std::string(asset.path));
  EXPECT_EQ(found, expected);
  EXPECT_EQ(found.count("index.html"), 1u);
  EXPECT_EQ(found.count("vendor/uplot/LICENSE"), 1u);
}

TEST(PageAssets, HaveTheBytesOfTheirFilesInBothForms) {
  for (const Asset& asset : assets()) {
    const std::string content = content_of(kWeb / asset.path);
    EXPECT_TRUE(asset.text == content) << asset.path;
    const auto unpacked = codec::gunzip(asset.gzip);
    ASSERT_TRUE(unpacked) << asset.path;
    EXPECT_TRUE(*unpacked == content) << asset.path;
    EXPECT_EQ(asset.gzip.substr(4, 4), std::string(4, '\0')) << asset.path << ": the bytes depend on the time";
  }
}

TEST(PageAssets, AreFoundByTheirExactPath) {
  for (const Asset& asset : assets()) EXPECT_EQ(find(asset.path), &asset) << asset.path;
  for (const std::string_view path : {"", "/", "index", "index.html ", "INDEX.HTML", "/index.html", "../index.html",
                                      "vendor/../index.html", "vendor", "vendor/", "zzz", "vendor/uplot/README.md"}) {
    EXPECT_EQ(find(path), nullptr) << path;
  }
  EXPECT_EQ(find(std::string_view("index.html\0", 11)), nullptr);
}

TEST(PageAssets, EachHasATypeAndTagsOfItsOwn) {
  std::set<std::string_view> tags;
  for (const Asset& asset : assets()) {
    EXPECT_THAT(std::string(asset.etag), ::testing::MatchesRegex("\"[0-9a-f]+\"")) << asset.path;
    EXPECT_TRUE(tags.insert(asset.etag).second) << asset.path;
    EXPECT_TRUE(tags.insert(asset.etag_gzip).second) << asset.path;
    EXPECT_FALSE(asset.content_type.empty()) << asset.path;
  }
  EXPECT_EQ(find("index.html")->content_type, "text/html; charset=utf-8");
  EXPECT_EQ(find("main.js")->content_type, "text/javascript; charset=utf-8");
  EXPECT_EQ(find("style.css")->content_type, "text/css; charset=utf-8");
  EXPECT_EQ(find("icon.svg")->content_type, "image/svg+xml");
}

// The policy that goes with them forbids all of this; a browser would only tell who looks into its console.
TEST(PageAssets, NoneNeedsWhatThePolicyForbids) {
  const std::string index(find("index.html")->text);
  for (const std::string_view word : {"style=", "<style", "onclick", "onload", "javascript:", "http://", "https://"}) {
    EXPECT_EQ(index.find(word), std::string::npos) << word;
  }
  for (const Asset& asset : assets()) {
    if (!asset.path.ends_with(".js") || asset.path.starts_with("vendor/")) continue;
    for (const std::string_view word : {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(",
                                        "new Function", "http://", "https://", "srcdoc"}) {
      EXPECT_EQ(asset.text.find(word), std::string_view::npos) << asset.path << " holds " << word;
    }
  }
}

}  // namespace
}  // namespace discovery::page
