// Every route of the table, asked by everybody there is, by every way a path can be written (security.md 1).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "integration/access_fixture.h"
#include "node/routes.h"

namespace discovery::integration {
namespace {

using node::AnsweredBy;
using node::Need;
using node::RouteRow;
using node::RouteTarget;

/// Parameters with which each route does something harmless, or says that it lacks some.
const std::string kQuery = "env=ct&zone=z1&appid=shop.cart&hostname=h1&status=1&latest_timestamp=0&since=0&nodes=0";

struct Somebody {
  std::string name;
  /// The header lines by which that one is known, for one request.
  std::function<std::string(const RouteRow&, const std::string& target, const std::string& body)> credentials;
  std::function<bool(Need)> may;
};

class AccessRoutes : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    files_ = new AccessFiles();
    daemon_ = new Daemon(files_->options());
    add_cart();
  }
  /// So that polls of it, with a cursor of 0, are answered at once.
  static void add_cart() {
    const std::string form = TestInstance{.appid = "shop.cart"}.register_form();
    const Answer added = daemon_->post("/discovery/register", form, bearer(kWriter));
    ASSERT_EQ(added.code(), 0) << added.body;
  }
  static void TearDownTestSuite() {
    delete daemon_;
    delete files_;
  }

  static std::string signature(const RouteRow& row, const std::string& target, const std::string& body) {
    const size_t mark = target.find('?');
    const std::string query = mark == std::string::npos ? "" : target.substr(mark + 1);
    return signed_by_peer({codec::method_name(row.method), row.path, query, body}, daemon_->api());
  }
  static std::vector<Somebody> everybody() {
    const auto with = [](std::string lines) {
      return [lines](const RouteRow&, const std::string&, const std::string&) { return lines; };
    };
    const auto reads = [](Need need) { return need == Need::kReadAny || need == Need::kReadApp; };
    return {
        {"nobody", with(""), [](Need) { return false; }},
        {"a wrong token", with(bearer("wrong-token-of-many-bytes")), [](Need) { return false; }},
        {"an empty token", with("Authorization: Bearer \r\n"), [](Need) { return false; }},
        {"the name of a token", with(bearer("admin")), [](Need) { return false; }},
        {"Nacos", with("User-Agent: Nacos-Server\r\n"), [](Need) { return false; }},
        {"a proxy", with("X-Forwarded-For: 127.0.0.1\r\nX-Real-IP: 127.0.0.1\r\nForwarded: for=127.0.0.1\r\n"),
         [](Need) { return false; }},
        {"a forged peer",
         with("Authorization: Discovery-Peer to=" + daemon_->api().text() + " t=1 n=" + std::string(32, '0') +
              " m=" + std::string(64, '0') + "\r\n"),
         [](Need) { return false; }},
        {"two tokens", with(bearer(kAdmin) + bearer(kReader)), [](Need) { return false; }},
        {"reader", with(bearer(kReader)), [=](Need need) { return reads(need) || need == Need::kReadAll; }},
        {"shop-reader", with(bearer(kShopReader)), reads},
        {"writer", with(bearer(kWriter)), [](Need need) { return need == Need::kWriteApp; }},
        {"admin", with(bearer(kAdmin)),
         [=](Need need) { return reads(need) || need == Need::kReadAll || node::acts(need); }},
        {"shop-admin", with(bearer(kShopAdmin)), [](Need need) { return need == Need::kAdminApp; }},
        {"peer", signature, [](Need need) { return !node::acts(need); }},
    };
  }

  /// Whether it was refused for who asked; a connection that stays open without an answer was not.
  static bool denied(const RouteRow& row, const Answer& answer) {
    if (row.target.kind() == RouteTarget::Kind::kDiscovery) {
      const int code = answer.code();
      return code == -401 || code == -403;
    }
    return answer.status == 401 || answer.status == 403;
  }
  static std::string request_of(const RouteRow& row, const std::string& path, const Somebody& who,
                                bool sign_as_row = true) {
    static_cast<void>(sign_as_row);
    const std::string own = row.below ? "app.js" : "";
    if (row.method == codec::Method::kPost && row.target.kind() == RouteTarget::Kind::kDiscovery) {
      const std::string body = kQuery + "&addrs=http%3A%2F%2F10.0.0.1%3A80";
      return post_request(path + own, body, who.credentials(row, path, body));
    }
    const bool post = row.method == codec::Method::kPost;
    const std::string target = path + own + (row.target.kind() == RouteTarget::Kind::kPeer ? "" : "?" + kQuery);
    return post ? post_request(target, "", who.credentials(row, target, ""))
                : get_request(target, who.credentials(row, target, ""));
  }
  static Answer ask(const std::string& request) {
    Connection connection(daemon_->api());
    connection.send(request);
    return connection.read_answer();
  }
  /// It would end the process, or take its place.
  static bool ends_the_node(const RouteRow& row) { return row.path == "/admin/drain" || row.path == "/admin/upgrade"; }

  static AccessFiles* files_;
  static Daemon* daemon_;
};
AccessFiles* AccessRoutes::files_ = nullptr;
Daemon* AccessRoutes::daemon_ = nullptr;

TEST_F(AccessRoutes, EachIsAnsweredToThoseWhoMayAndToNobodyElse) {
  size_t asked = 0;
  for (const RouteRow& row : node::kRoutes) {
    add_cart();
    for (const Somebody& who : everybody()) {
      const bool may = row.need == Need::kNothing || who.may(row.need);
      if (may && ends_the_node(row)) continue;
      const Answer answer = ask(request_of(row, std::string(row.path), who));
      EXPECT_EQ(denied(row, answer), !may)
          << row.path << " asked by " << who.name << ": " << answer.status << ' ' << answer.body.substr(0, 200);
      EXPECT_EQ(answer.status == 401, !answer.field("www-authenticate").empty()) << row.path;
      ++asked;
    }
  }
  EXPECT_GT(asked, 14 * node::kRoutes.size() - 10);
}

/// Other ways to write the path. None may be let in where the path itself is not.
std::vector<std::string> variants_of(const std::string& path) {
  std::string upper = path;
  for (char& c : upper) c = static_cast<char>(toupper(c));
  std::string escaped;
  for (const char c : path) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    const auto b = static_cast<unsigned char>(c);
    if (c == '/') {
      escaped += c;
    } else {
      ((escaped += '%') += kDigits[b >> 4]) += kDigits[b & 15];
    }
  }
  const std::string last = path.substr(path.rfind('/') + 1);
  const std::string parent = path.substr(0, path.rfind('/'));
  return {path + "/",
          "/" + path,
          "//" + path,
          path + "//",
          path + "/.",
          path + ";a=b",
          path + ";",
          path + "%3ba=b",
          path + "%2f",
          path + "/%2e",
          path + "%00",
          path + "%20",
          path + ".",
          path + "%2e",
          upper,
          escaped,
          "/." + path,
          "/x/.." + path,
          "/healthz/.." + path,
          "/page/.." + path,
          parent + "/./" + last,
          parent + "//" + last,
          parent + "/x/../" + last,
          parent + "%2f" + last,
          "/page/..%2f" + path.substr(1),
          "/healthz;" + path,
          path + "/healthz",
          path + "%09",
          path + "\\",
          "http://127.0.0.1" + path,
          path + "#",
          path + "%23"};
}

TEST_F(AccessRoutes, NoWayToWriteAPathLetsSomebodyIn) {
  size_t asked = 0;
  for (const RouteRow& row : node::kRoutes) {
    if (row.need == Need::kNothing) continue;
    for (const std::string& path : variants_of(std::string(row.path))) {
      for (const Somebody& who : everybody()) {
        if (who.may(row.need)) continue;
        const Answer answer = ask(request_of(row, path, who));
        ++asked;
        if (answer.status == 404 || answer.status == 400 || answer.status == 405 || answer.status == 301) continue;
        const bool other_page = path.starts_with("/page/") && answer.status == 404;
        EXPECT_TRUE(other_page || denied(row, answer))
            << path << " asked by " << who.name << ": " << answer.status << ' ' << answer.body.substr(0, 200);
      }
    }
  }
  EXPECT_GT(asked, 5000u);
  EXPECT_EQ(daemon_->get("/healthz").status, 200);
}

TEST_F(AccessRoutes, ATokenReachesNoApplicationButItsOwn) {
  add_cart();
  const auto code = [&](const std::string& target, const std::string& token) {
    return daemon_->get(target, bearer(token)).code();
  };
  EXPECT_EQ(code("/discovery/fetch?env=ct&appid=shop.cart&status=1", kShopReader), 0);
  EXPECT_EQ(code("/discovery/fetch?env=ct&appid=pay&status=1", kShopReader), -403);
  EXPECT_EQ(code("/discovery/fetch?env=dev&appid=shop.cart&status=1", kShopReader), -403);
  EXPECT_EQ(code("/discovery/fetchs?env=ct&appid=shop.cart&appid=pay&status=1", kShopReader), -403) << "one of two";
  EXPECT_EQ(code("/discovery/polls?env=ct&appid=shop.cart,pay&hostname=h&latest_timestamp=0,0", kShopReader), -403);
  EXPECT_EQ(code("/discovery/poll?env=ct&appid=pay&hostname=h&latest_timestamp=0", kShopReader), -403);
  EXPECT_EQ(code("/discovery/fetch/all", kShopReader), -403);
  EXPECT_EQ(code("/discovery/nodes", kShopReader), 0);
  const auto status = [&](const std::string& target) { return daemon_->get(target, bearer(kShopReader)).status; };
  EXPECT_EQ(status("/api/service?env=ct&appid=shop.cart"), 200);
  EXPECT_EQ(status("/api/service?env=ct&appid=pay"), 403);
  EXPECT_EQ(status("/api/history?appid=shop.cart"), 403) << "of every environment";
  EXPECT_EQ(status("/api/history?env=ct&appid=shop.cart"), 200);
  EXPECT_EQ(status("/api/history?env=ct&appid=shop.cart&appid=pay"), 200) << "the first counts, here as there";
  EXPECT_EQ(status("/api/history?env=ct&appid=pay&appid=shop.cart"), 403);
  EXPECT_EQ(status("/api/records"), 403);
}

TEST_F(AccessRoutes, AWriterCannotSpeakForANode) {
  const TestInstance instance{.appid = "shop.replica"};
  const Answer answer =
      daemon_->post("/discovery/register",
                    instance.register_form() + "&replication=true&dirty_timestamp=1&reg_timestamp=77", bearer(kWriter));
  EXPECT_EQ(answer.code(), 0);
  const auto seen = daemon_->get("/discovery/fetch?env=ct&appid=shop.replica&status=1").json();
  EXPECT_NE(seen.at("data").at("instances").at("z1").at(0).at("reg_timestamp"), 77);
}

}  // namespace
}  // namespace discovery::integration
