// What is written, and what cannot be.
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/json/json.h>

using namespace rondeau;

namespace {
struct Message {
  std::string message;
};
struct Rate {
  std::vector<std::map<std::string, double>> rates;
};
enum class Few { One = 1 };
struct Holder {
  Few few;
};
struct Chain {
  std::unique_ptr<Chain> next;
};
}  // namespace

TEST_CASE("json: a struct is written without spaces, in the order of its members") {
  std::string out = "before ";
  REQUIRE(json::write(Message{"Hello, World!"}, out));
  CHECK(out == R"(before {"message":"Hello, World!"})");
}

TEST_CASE("json: control characters are escaped, other ASCII is not") {
  for (int c = 0; c < 0x80; ++c) {
    for (std::size_t padding : {0U, 3U, 7U, 8U, 9U}) {
      const std::string text = std::string(padding, 'x') + static_cast<char>(c) + std::string(padding, 'y');
      const std::string written = json::to_string(text).value();
      INFO("character " << c << " after " << padding);
      CHECK(json::parse<std::string>(written).value() == text);
      const bool plain = c >= 0x20 && c != '"' && c != '\\';
      CHECK((written.size() == text.size() + 2) == plain);
    }
  }
}

TEST_CASE("json: what is not UTF-8 becomes U+FFFD, one for each beginning of a character") {
  struct Case {
    std::string in;
    std::string out;
  };
  const std::string r = "\xef\xbf\xbd";
  const Case cases[] = {
      {"\x80", r},
      {"a\xff z", "a" + r + " z"},
      {"\xc0\xaf", r + r},
      {"\xe2\x82", r},
      {"\xe2\x82\x28", r + "("},
      {"\xf0\x9f\x98", r},
      {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
      {"\xed\xa0\x80", r + r + r},
      {"\xf4\x90\x80\x80", r + r + r + r},
      {"\xc3\xa4\xc3", "\xc3\xa4" + r},
      {"12345678\xe2\x82\xac\xe2", "12345678\xe2\x82\xac" + r},
  };
  for (const Case& one : cases) CHECK(json::to_string(one.in).value() == "\"" + one.out + "\"");
}

TEST_CASE("json: long texts and many values arrive whole") {
  for (std::size_t size : {503U, 504U, 505U, 506U, 1'008U, 100'000U}) {
    const std::string text(size, 'x');
    CHECK(json::to_string(text).value() == "\"" + text + "\"");
    const std::vector<std::string> many(size % 1'000, "\n");
    CHECK(json::parse<std::vector<std::string>>(json::to_string(many).value()).value() == many);
  }
}

TEST_CASE("json: numbers that are none refuse to be written, and leave the text as it was") {
  for (double value : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    std::string out = "kept";
    auto written = json::write(Rate{{{{"a/b", value}}}}, out);
    REQUIRE(!written);
    CHECK(written.error().code() == Errc::InvalidData);
    CHECK(written.error().message().find("json /rates/0/a/b: ") == 0);
    CHECK(out == "kept");
  }
}

TEST_CASE("json: an enumerator without a name refuses to be written") {
  CHECK(!json::to_string(Holder{static_cast<Few>(2)}));
  CHECK(json::to_string(Holder{Few::One}).value() == R"({"few":"One"})");
}

TEST_CASE("json: more than 512 levels refuse to be written") {
  auto chain_of = [](int levels) {
    Chain chain;
    for (Chain* last = &chain; levels > 1; --levels) {
      last->next = std::make_unique<Chain>();
      last = last->next.get();
    }
    return chain;
  };
  CHECK(json::to_string(chain_of(512)));
  CHECK(!json::to_string(chain_of(513)));
}
