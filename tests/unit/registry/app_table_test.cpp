#include "registry/app_table.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

namespace discovery::registry {
namespace {

constexpr HashKey kKey{1, 2};

class AppTableTest : public testing::Test {
 protected:
  Application& add(const std::string& appid, const std::string& env = "dev") {
    apps_.push_back(std::make_unique<Application>(AppKeyView{env, appid}, ++last_id_, kKey));
    table_.insert(*apps_.back());
    return *apps_.back();
  }

  AppTable table_{kKey};
  std::vector<std::unique_ptr<Application>> apps_;
  uint64_t last_id_ = 0;
};

TEST_F(AppTableTest, EmptyFindsNothing) { EXPECT_EQ(table_.find({"dev", "a"}), nullptr); }

TEST_F(AppTableTest, BothPartsOfTheKeyCount) {
  Application& dev = add("a", "dev");
  Application& uat = add("a", "uat");
  EXPECT_EQ(table_.find({"dev", "a"}), &dev);
  EXPECT_EQ(table_.find({"uat", "a"}), &uat);
  EXPECT_EQ(table_.find({"a", "dev"}), nullptr);
  EXPECT_EQ(table_.find({"", "a"}), nullptr);
  table_.erase(dev);
  EXPECT_EQ(table_.find({"dev", "a"}), nullptr);
  EXPECT_EQ(table_.find({"uat", "a"}), &uat);
  EXPECT_EQ(table_.size(), 1u);
}

TEST_F(AppTableTest, AgreesWithAListUnderRandomChanges) {
  std::mt19937 random(3);
  for (int step = 0; step < 5000; ++step) {
    const bool grows = random() % 100 < (step / 1000 % 2 == 0 ? 70U : 30U);
    if (grows || apps_.empty()) {
      add("app" + std::to_string(step));
    } else {
      std::swap(apps_[random() % apps_.size()], apps_.back());
      const std::string gone(apps_.back()->key().appid);
      table_.erase(*apps_.back());
      apps_.pop_back();
      ASSERT_EQ(table_.find({"dev", gone}), nullptr);
    }
    if (step % 250 != 0) continue;
    ASSERT_EQ(table_.size(), apps_.size());
    for (const auto& app : apps_) ASSERT_EQ(table_.find(app->key()), app.get());
  }
}

}  // namespace
}  // namespace discovery::registry
