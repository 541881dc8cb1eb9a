#include <rondeau/client/form.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/client/url_pattern.h>
#include <rondeau/http/limits.h>
#include <rondeau/text/uuid.h>

#include "extract/pairs.h"

using namespace rondeau;
using namespace std::chrono_literals;
using client::form_text;

namespace {

enum class Order { Newest, Oldest };

struct Search {
  std::string q = {};
  int page = 1;
  std::optional<std::string> sort = {};
  std::vector<int> id = {};
  Ranged<int, 1, 100> limit = 20;
  Order order = Order::Newest;
  bool deep = false;

  bool operator==(const Search&) const = default;
};

struct Everything {
  std::int8_t small = -128;
  std::uint8_t byte = 255;
  std::int16_t less = -32'768;
  std::uint16_t more = 65'535;
  std::int64_t least = std::numeric_limits<std::int64_t>::min();
  std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  float real = 0.1F;
  double exact = 1e300;
  std::chrono::milliseconds wait = 1500ms;
  std::chrono::sys_seconds when = std::chrono::sys_days(std::chrono::year(2024) / 2 / 29);
  Uuid uuid = {};
  std::optional<Ranged<int, 0, 9>> digit = Ranged<int, 0, 9>(7);
  std::optional<std::vector<std::string>> tags = std::vector<std::string>{"a b", ""};
  std::set<Order> orders = {Order::Oldest, Order::Newest};

  bool operator==(const Everything&) const = default;
};

struct Number {
  double n;
};
struct Label {
  std::string t;
};

/// What a server of ours reads.
template <class T>
T read_back(std::string_view text) {
  T value{};
  extract::Rejection rejection;
  static const http::Limits kLimits;
  const bool read =
      extract::read_members(extract::PairText::of_form(text, kLimits), reflect::describe<T>(), &value, rejection);
  CAPTURE(rejection.detail);
  CHECK(read);
  return value;
}

}  // namespace

TEST_CASE("form: members become pairs, lists as many as they have elements, absent ones none") {
  CHECK(form_text(Search{.q = "a&b=c d+é", .id = {3, 1}}).value() ==
        "q=a%26b%3Dc+d%2B%C3%A9&page=1&id=3&id=1&limit=20&order=Newest&deep=false");
  CHECK(form_text(Search{.sort = "", .deep = true}).value() == "q=&page=1&sort=&limit=20&order=Newest&deep=true");
}

TEST_CASE("form: what was written is what is read") {
  const Search search{
      .q = "100% \"é\" \n", .page = -3, .sort = "x", .id = {1, 2}, .limit = 100, .order = Order::Oldest};
  CHECK(read_back<Search>(form_text(search).value()) == search);
  Everything all;
  all.uuid = Uuid::parse("0b0d5fd4-6a52-4a2c-9d55-6d7b2a1f0e11").value();
  const std::string text = form_text(all).value();
  CAPTURE(text);
  CHECK(read_back<Everything>(text) == all);
}

TEST_CASE("form: a value without a text is an error that names its member") {
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    CHECK(form_text(Number{bad}).error().context() == "form: n has no text");
  }
  CHECK(form_text(Label{"\xFF"}).error().code() == Errc::InvalidArgument);
  CHECK(form_text(Search{.order = static_cast<Order>(7)}).error().context() == "form: order has no text");
}

TEST_CASE("form: a query grows by the members of a struct") {
  const Url url = Url::parse("https://a/b?c=d").value();
  CHECK(client::add_query(url, Label{"é"}).value().text() == "https://a/b?c=d&t=%C3%A9");
  CHECK(client::add_query(Url::parse("https://a").value(), Label{"x"}).value().text() == "https://a/?t=x");
  CHECK(!client::add_query(url, Label{std::string(1, '\0')}));
  CHECK(!client::add_query(url, Label{"\xFF"}));
  CHECK(!client::add_query(url, Label{std::string(Url::kMaxLength, 'x')}));
}

TEST_CASE("url pattern: values stand in the place of braces, encoded") {
  CHECK(client::fill("https://api/users/{}", 7).value() == "https://api/users/7");
  CHECK(client::fill("https://api/{}/x/{}?q={}&{}=1#{}", "a/b", true, "c&d e", "f=g", "h").value() ==
        "https://api/a%2Fb/x/true?q=c%26d%20e&f%3Dg=1#h");
  CHECK(client::fill("/{}{}.json", std::string("a?"), -1).value() == "/a%3F-1.json");
  CHECK(client::fill("https://api/{}", "é%").value() == "https://api/%C3%A9%25");
  CHECK(client::fill("https://api?q={}", "x").value() == "https://api?q=x");
  const Uuid id = Uuid::parse("0b0d5fd4-6a52-4a2c-9d55-6d7b2a1f0e11").value();
  CHECK(client::fill("/u/{}", id).value() == "/u/0b0d5fd4-6a52-4a2c-9d55-6d7b2a1f0e11");
}

TEST_CASE("url pattern: no value leads to another place of the server") {
  struct Case {
    std::string_view pattern;
    std::string value;
    bool good;
  };
  const Case table[] = {
      {"https://api/users/{}", "", false},
      {"https://api/users/{}", ".", false},
      {"https://api/users/{}", "..", false},
      {"https://api/users/{}/keys", "..", false},
      {"https://api/users/{}/keys", "", false},
      {"https://api/users/{}?x=1", "..", false},
      {"https://api/users/{}?x=1", "", false},
      {"https://api/users/{}#x", "..", false},
      {"https://api/users/.{}", ".", false},
      {"https://api/users/.{}", "", false},
      {"https://api/users/%2e{}", ".", false},
      {"/{}", "..", false},
      {"{}", "..", false},
      {"https://api/users/{}", "...", true},
      {"https://api/users/{}", "../..", true},
      {"https://api/users/{}", "%2e%2e", true},
      {"https://api/users/x{}", "", true},
      {"https://api/users/x{}", "..", true},
      {"https://api/users?q={}", "", true},
      {"https://api/users?q={}", "..", true},
      {"https://api/users/../x/{}", "y", true},
  };
  for (const Case& row : table) {
    CAPTURE(row.pattern);
    CAPTURE(row.value);
    const auto url = client::fill_url(row.pattern, {row.value});
    CHECK(url.has_value() == row.good);
    if (!url) CHECK(url.error().code() == Errc::InvalidArgument);
    // What stands for one segment is one segment.
    if (url && row.pattern == "https://api/users/{}") {
      CHECK(Url::parse(*url).value().path().substr(1).find('/') == std::string_view("users").size());
      CHECK(Url::parse(*url).value().path().substr(7).find('/') == std::string_view::npos);
    }
  }
}

TEST_CASE("url pattern: braces are counted, and none is elsewhere") {
  CHECK(client::fill_url("https://api/x", {}).value() == "https://api/x");
  CHECK(!client::fill_url("https://api/x", {"1"}));
  CHECK(!client::fill_url("https://api/{}", {}));
  CHECK(!client::fill_url("https://api/{}", {"1", "2"}));
  for (const std::string_view bad : {"https://{}/x", "https://a.{}", "{}://a/", "https://a/{x}", "https://a/{",
                                     "https://a/}", "https://a/{{}}", "https://a:{}/"}) {
    CAPTURE(bad);
    CHECK(!client::fill_url(bad, {"1"}));
  }
}
