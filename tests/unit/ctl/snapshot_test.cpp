// Files of snapshots: what is written is read, and nothing else; what is in one is registered again, and no more.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "ctl/snapshot_file.h"
#include "integration/temp_dir.h"
#include "unit/ctl/tool.h"

namespace discovery::ctl::test {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kOverview = R"({"node":"10.0.0.1:7171","now":1764322140000000000})";
const std::string kServices =
    R"({"node":"n","services":[{"env":"dev","appid":"shop"},{"env":"dev","appid":"infra.discovery"}]})";
const std::string kShop =
    R"({"total":4,"instances":[)"
    R"({"zone":"z1","hostname":"h1","state":"visible","status":1,"region":"r","version":"v7",)"
    R"("addrs":["http://10.0.0.1:80","grpc://10.0.0.1:81"],"metadata":{"weight":"10"}},)"
    R"({"zone":"z1","hostname":"h2","state":"visible","status":2,"addrs":["http://10.0.0.2:80"],"metadata":null},)"
    R"({"zone":"z1","hostname":"h3","state":"hidden","status":1,"addrs":["http://10.0.0.3:80"]},)"
    R"({"zone":"z1","hostname":"h4","state":"cancelled","status":1}]})";
const std::string kNode =
    R"({"total":1,"instances":[{"zone":"z1","hostname":"n1","state":"visible","status":1,"addrs":["http://n:1"]}]})";

class Snapshot : public ::testing::Test {
 protected:
  Snapshot() {
    tool_.say("/api/overview", kOverview);
    tool_.say("/api/services", kServices);
    shop(kShop);
  }
  /// What /api/service answers of the application shop.
  void shop(const std::string& text, int status = 200) {
    tool_.answer_for = [this, text, status](const Asked& a) {
      const std::string path = a.request.target.substr(0, a.request.target.find('?'));
      client::CallAnswer answer;
      answer.node = a.node;
      answer.status = 200;
      if (path == "/api/service") {
        const bool is_shop = a.request.target.find("appid=shop") != std::string::npos;
        answer.status = is_shop ? status : 200;
        answer.body = is_shop ? text : kNode;
      } else if (path == "/discovery/register") {
        forms_.push_back(a.request.body);
        answer.body = refuses_ ? R"({"code":-400,"message":"no"})" : R"({"code":0})";
      } else {
        answer.body = tool_.answers.at(path).body;
      }
      return answer;
    };
  }
  void save() { ASSERT_EQ(tool_.run({"snapshot", "save", file_}), Exit::kDone) << tool_.screen.errors; }
  static std::string content(const std::string& path) { return integration::read_file(path); }
  void write(const std::string& text) const { std::ofstream(file_, std::ios::binary) << text; }

  integration::TempDir folder_;
  const std::string file_ = (folder_.path() / "saved.jsonl").string();
  Tool tool_;
  std::vector<std::string> forms_;
  bool refuses_ = false;
};

TEST_F(Snapshot, IsTextOfOneRecordALine) {
  save();
  EXPECT_EQ(tool_.screen.output, "10.0.0.1:7171: 5 records of 2 applications saved to " + file_ + "\n");
  const std::string text = content(file_);
  EXPECT_THAT(text, HasSubstr(R"({"discovery_snapshot":1,"node":"10.0.0.1:7171","taken_at":1764322140000000000,)"));
  EXPECT_THAT(text, HasSubstr(R"({"env":"dev","appid":"shop","zone":"z1","hostname":"h4","state":"cancelled")"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 7);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path()), {}), 1) << "nothing else is left";
}

TEST_F(Snapshot, WritesOverNothingUnlessItIsTold) {
  write("mine");
  EXPECT_EQ(tool_.run({"snapshot", "save", file_}), Exit::kRefused);
  EXPECT_THAT(tool_.screen.errors, HasSubstr("--replace"));
  EXPECT_EQ(content(file_), "mine");
  EXPECT_EQ(tool_.run({"snapshot", "save", file_, "--replace"}), Exit::kDone);
  EXPECT_THAT(content(file_), HasSubstr("discovery_snapshot"));
}

TEST_F(Snapshot, AFailureLeavesNoFileBehind) {
  tool_.answer_for = [](const Asked& a) {
    client::CallAnswer answer = Tool::nobody();
    if (a.request.target == "/api/overview") {
      answer = {};
      answer.status = 200;
      answer.body = kOverview;
    }
    return answer;
  };
  EXPECT_EQ(tool_.run({"snapshot", "save", file_}), Exit::kNoAnswer);
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
  EXPECT_EQ(tool_.run({"snapshot", "save", file_ + "/no/such/folder"}), Exit::kRefused);
  EXPECT_THAT(tool_.screen.errors, HasSubstr("cannot be written"));
}

// A node with too much to do must not look like one without that application.
TEST_F(Snapshot, ARefusalIsNoUnknownApplication) {
  shop(R"({"error":"too many such calls wait already"})", 503);
  EXPECT_EQ(tool_.run({"snapshot", "save", file_}), Exit::kRefused);
  EXPECT_THAT(tool_.screen.errors, HasSubstr("too many such calls"));
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
  shop(R"({"error":"nothing of that name"})", 404);
  EXPECT_EQ(tool_.run({"snapshot", "save", file_}), Exit::kDone);
  EXPECT_THAT(tool_.screen.output, HasSubstr("1 record of "));
  shop(kShop);
  EXPECT_EQ(tool_.run({"snapshot", "save", file_, "--replace"}), Exit::kDone);
  shop(R"({"error":"too many such calls wait already"})", 503);
  EXPECT_EQ(tool_.run({"snapshot", "restore", file_, "--yes"}), Exit::kRefused);
  EXPECT_TRUE(forms_.empty()) << "what is listed is not known";
}

TEST_F(Snapshot, AllOfItIsOfOneNode) {
  tool_.addresses = "a:1,b:2";
  const auto answer = tool_.answer_for;
  tool_.answer_for = [answer](const Asked& a) { return a.node == "a:1" ? Tool::nobody() : answer(a); };
  EXPECT_EQ(tool_.run({"snapshot", "save", file_}), Exit::kDone);
  for (const Asked& a : tool_.asked) {
    EXPECT_TRUE(a.node == "b:2" || a.request.target == "/api/overview") << a.node << a.request.target;
  }
}

TEST_F(Snapshot, InspectCountsAndAsksNobody) {
  save();
  EXPECT_EQ(tool_.run({"snapshot", "inspect", file_}), Exit::kDone) << tool_.screen.errors;
  EXPECT_TRUE(tool_.asked.empty());
  EXPECT_THAT(tool_.screen.output,
              HasSubstr("whole; 5 records that 10.0.0.1:7171 had at 2025-11-28T09:29:00Z (1m ago)"));
  EXPECT_THAT(tool_.screen.output, HasSubstr("dev  shop              1        1       1          1"));
  EXPECT_EQ(tool_.run({"snapshot", "inspect", file_, "-o", "json"}), Exit::kDone);
  const Json json = Json::parse(tool_.screen.output);
  EXPECT_EQ(json.at("records"), 5);
  EXPECT_EQ(json.at("applications").at(1).at("waiting"), 1);
}

// Every byte that is missing or changed is noticed, by whoever reads the file.
TEST_F(Snapshot, WhatIsNotWholeIsRefused) {
  save();
  const std::string whole = content(file_);
  const auto refused = [&](const std::string& text) {
    write(text);
    const auto read = read_snapshot_file(file_, [](const Json&) {});
    return !read && read.error().exit == Exit::kRefused && !read.error().message.empty();
  };
  ASSERT_FALSE(refused(whole));
  for (size_t cut = 0; cut < whole.size(); ++cut) ASSERT_TRUE(refused(whole.substr(0, cut))) << cut;
  for (size_t at = 0; at < whole.size(); ++at) {
    std::string bent = whole;
    bent[at] = static_cast<char>(bent[at] ^ 1);
    ASSERT_TRUE(refused(bent)) << at;
  }
  EXPECT_TRUE(refused(whole + "x"));
  EXPECT_TRUE(refused(whole + whole));
  EXPECT_TRUE(refused("\n" + whole));
}

TEST_F(Snapshot, WhatIsNoneIsNamedSo) {
  for (const std::string& text : {std::string("GIF89a"), std::string("{}\n"), std::string("[1]\n"),
                                  std::string(R"({"discovery_snapshot":2})") + "\n", std::string("\n")}) {
    write(text);
    EXPECT_EQ(tool_.run({"snapshot", "inspect", file_}), Exit::kRefused) << text;
    EXPECT_THAT(tool_.screen.errors, HasSubstr("line 1")) << text;
  }
  EXPECT_EQ(tool_.run({"snapshot", "inspect", file_ + ".none"}), Exit::kRefused);
  EXPECT_THAT(tool_.screen.errors, HasSubstr("No such file"));
  EXPECT_EQ(tool_.run({"snapshot", "inspect", folder_.path().string()}), Exit::kRefused);
  EXPECT_THAT(tool_.screen.errors, HasSubstr("cannot be read")) << "a folder";
}

TEST_F(Snapshot, ALineHasALimit) {
  const auto error_of = [&](size_t bytes) {
    const std::string begin = R"({"discovery_snapshot":1,"x":")";
    write(begin + std::string(bytes - begin.size() - 2, 'x') + "\"}\n");
    return read_snapshot_file(file_, [](const Json&) {}).error().message;
  };
  EXPECT_THAT(error_of(kLineBytesMax), HasSubstr("line 2: ")) << "the first line was taken";
  EXPECT_THAT(error_of(kLineBytesMax + 1), HasSubstr("line 1: "));
}

TEST_F(Snapshot, RestoreRegistersWhatIsMissingAsItWas) {
  save();
  shop(R"({"total":1,"instances":[{"zone":"z1","hostname":"h2","state":"visible","status":1}]})");
  EXPECT_EQ(tool_.run({"snapshot", "restore", file_, "--yes"}), Exit::kDone) << tool_.screen.errors;
  EXPECT_THAT(forms_, ElementsAre("env=dev&appid=shop&zone=z1&hostname=h1&status=1&addrs=http%3A%2F%2F10.0.0.1%3A80&"
                                  "addrs=grpc%3A%2F%2F10.0.0.1%3A81&region=r&version=v7&metadata=%7B%22weight%22%3A%"
                                  "2210%22%7D"))
      << "not what is listed, was hidden or cancelled, nor the nodes themselves";
  EXPECT_THAT(tool_.screen.output, HasSubstr("dev  shop                   2           1            1"));
  EXPECT_THAT(tool_.screen.output,
              EndsWith("1 instance registered again; each expires unless its service renews it\n"));
}

TEST_F(Snapshot, RestoreOfAnApplicationThatIsUnknownNow) {
  save();
  shop(R"({"error":"nothing is or was registered"})", 404);
  EXPECT_EQ(tool_.run({"snapshot", "restore", file_, "--yes", "-o", "json", "--app", "shop"}), Exit::kDone)
      << tool_.screen.errors;
  EXPECT_EQ(tool_.screen.output, "{\"restored\":2,\"left\":0,\"failed\":[]}\n");
  EXPECT_THAT(forms_.at(1), HasSubstr("hostname=h2&status=2"));
  EXPECT_THAT(forms_.at(1), Not(HasSubstr("metadata")));
}

TEST_F(Snapshot, RestoreAsksFirst) {
  save();
  shop(R"({"total":0,"instances":[]})");
  EXPECT_EQ(tool_.run({"snapshot", "restore", file_}), Exit::kUsage) << "nobody can be asked";
  tool_.screen.answer = "n";
  EXPECT_EQ(tool_.run({"snapshot", "restore", file_}), Exit::kRefused);
  EXPECT_EQ(tool_.screen.questions, "register 2 instances? [y/N] ");
  EXPECT_TRUE(forms_.empty());
  tool_.screen.answer = "y";
  EXPECT_EQ(tool_.run({"snapshot", "restore", file_}), Exit::kDone);
  EXPECT_EQ(forms_.size(), 2U);
}

TEST_F(Snapshot, WhatRegistersItselfMeanwhileStaysAsItIs) {
  save();
  shop(R"({"total":0,"instances":[]})");
  tool_.screen.answer = "y";
  const auto before = tool_.answer_for;
  int looks = 0;
  tool_.answer_for = [&, before](const Asked& a) {
    const bool looks_again = a.request.target.find("appid=shop") != std::string::npos && ++looks > 1;
    client::CallAnswer answer = before(a);
    if (looks_again) answer.body = R"({"total":1,"instances":[{"zone":"z1","hostname":"h1","state":"visible"}]})";
    return answer;
  };
  EXPECT_EQ(tool_.run({"snapshot", "restore", file_}), Exit::kDone);
  EXPECT_EQ(tool_.screen.questions, "register 2 instances? [y/N] ");
  ASSERT_EQ(forms_.size(), 1U);
  EXPECT_THAT(forms_[0], HasSubstr("hostname=h2"));
}

TEST_F(Snapshot, WhatWasDoneIsSaidWhenTheNodeGoesAway) {
  save();
  shop(R"({"total":0,"instances":[]})");
  const auto before = tool_.answer_for;
  tool_.answer_for = [&, before](const Asked& a) { return forms_.empty() ? before(a) : Tool::nobody(); };
  EXPECT_EQ(tool_.run({"snapshot", "restore", file_, "--yes", "-o", "json"}), Exit::kNoAnswer);
  EXPECT_EQ(tool_.screen.output, "{\"restored\":1,\"left\":0,\"failed\":[]}\n");
}

TEST_F(Snapshot, WhatIsRefusedIsNamed) {
  save();
  shop(R"({"total":0,"instances":[]})");
  refuses_ = true;
  EXPECT_EQ(tool_.run({"snapshot", "restore", file_, "--yes"}), Exit::kRefused);
  EXPECT_THAT(tool_.screen.errors, HasSubstr("h1 of shop (env dev, zone z1): 127.0.0.1:7171: no (code -400)"));
  EXPECT_EQ(tool_.run({"snapshot", "restore", file_, "--yes", "--env", "nowhere"}), Exit::kRefused);
  EXPECT_THAT(tool_.screen.errors, HasSubstr("nothing of that was listed"));
}

TEST_F(Snapshot, ADamagedFileRestoresNothing) {
  save();
  write(content(file_).substr(0, content(file_).size() - 10));
  EXPECT_EQ(tool_.run({"snapshot", "restore", file_, "--yes"}), Exit::kRefused);
  EXPECT_TRUE(forms_.empty());
}

}  // namespace
}  // namespace discovery::ctl::test
