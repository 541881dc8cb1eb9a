#include "routing/route_tree.h"

#include <cstdlib>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/route_oracle.h"

using namespace rondeau;
using namespace rondeau::routing;
using support::find_naively;
using support::Found;
using support::shape;
using support::Tree;

TEST_CASE("routing: paths find the most static pattern that matches") {
  const std::vector<std::string> patterns{
      "/",         "/users",    "/users/{id}",        "/users/me",   "/users/{id}/posts", "/v{n}",
      "/{id}.png", "/v{n}.png", "/files/{*rest}",     "/files/list", "/a/{x}/c",          "/a/b/{*rest}",
      "/a/",       "/eightlen", "/longer-than-eight", "/x/{y}/",     "/caf\xc3\xa9",      "/{*all}"};
  const Tree tree(patterns);
  struct Case {
    std::string_view path;
    std::string_view pattern;
    std::vector<std::string> parameters;
  };
  const Case cases[] = {
      {"/", "/", {}},
      {"/users", "/users", {}},
      {"/users/7", "/users/{id}", {"7"}},
      {"/users/me", "/users/me", {}},
      {"/users/m%65", "/users/me", {}},
      {"/users/me/posts", "/users/{id}/posts", {"me"}},
      {"/users/a%2Fb", "/users/{id}", {"a/b"}},
      {"/users/", "/{*all}", {"users/"}},
      {"/users//posts", "/{*all}", {"users//posts"}},
      {"/v2", "/v{n}", {"2"}},
      {"/v", "/{*all}", {"v"}},
      {"/%762", "/v{n}", {"2"}},
      {"/cat.png", "/{id}.png", {"cat"}},
      {"/cat%2Epng", "/{id}.png", {"cat"}},
      {"/v7.png", "/v{n}.png", {"7"}},
      {"/.png", "/{*all}", {".png"}},
      {"/files/a/b.txt", "/files/{*rest}", {"a/b.txt"}},
      {"/files/list", "/files/list", {}},
      {"/files/list/x", "/files/{*rest}", {"list/x"}},
      {"/files", "/{*all}", {"files"}},
      {"/files/", "/{*all}", {"files/"}},
      {"/files//x", "/files/{*rest}", {"/x"}},
      {"/a/b/c", "/a/b/{*rest}", {"c"}},
      {"/a/z/c", "/a/{x}/c", {"z"}},
      {"/a/", "/a/", {}},
      {"/eightlen", "/eightlen", {}},
      {"/eightlem", "/{*all}", {"eightlem"}},
      {"/longer-than-eight", "/longer-than-eight", {}},
      {"/longer-than-eighu", "/{*all}", {"longer-than-eighu"}},
      {"/x/1/", "/x/{y}/", {"1"}},
      {"/x/1", "/{*all}", {"x/1"}},
      {"/caf%C3%A9", "/caf\xc3\xa9", {}},
  };
  for (const Case& row : cases) {
    CAPTURE(row.path);
    const Found found = tree.find(row.path);
    REQUIRE(found.value != RouteTree::kNone);
    CHECK(patterns[found.value] == row.pattern);
    CHECK(found.parameters == row.parameters);
  }
}

TEST_CASE("routing: a tree without routes finds nothing") {
  const Tree tree({});
  CHECK(tree.find("/").value == RouteTree::kNone);
  CHECK(tree.find("/a/b").value == RouteTree::kNone);
}

TEST_CASE("routing: random tables and paths are matched as by trying every pattern") {
  const char* const rounds_text = std::getenv("RONDEAU_ROUNDS");
  const int rounds = 400 * (rounds_text != nullptr ? std::atoi(rounds_text) : 1);
  const auto seed = std::random_device()();
  MESSAGE("seed ", seed);
  std::mt19937 random(seed);
  const auto pick = [&](const auto& list) { return list[random() % std::size(list)]; };
  // Few words, so that they meet; some of seven to seventeen bytes, round the edges of a word.
  const std::string words[] = {"a", "b", "ab", "aba", "sevenxx", "eightxxx", "ninexxxxx", "seventeen-letters"};
  const std::string given[] = {"a",
                               "b",
                               "ab",
                               "aba",
                               "sevenxx",
                               "eightxxx",
                               "eightxxy",
                               "ninexxxxx",
                               "seventeen-letters",
                               "seventeen-lettert",
                               "",
                               "%61",
                               "a%62",
                               "%2F",
                               "c"};
  for (int round = 0; round < rounds; ++round) {
    std::vector<std::string> patterns;
    std::set<std::string> shapes;
    for (int i = 0; i < 20; ++i) {
      std::string pattern;
      const std::size_t segments = 1 + random() % 4;
      for (std::size_t s = 0; s < segments; ++s) {
        const std::string name = "{p" + std::to_string(s) + "}";
        switch (random() % 8) {
          case 0:
          case 1:
            pattern += "/" + name;
            break;
          case 2:
            pattern += "/" + pick(words) + name;
            break;
          case 3:
            pattern += "/" + name + pick(words);
            break;
          case 4:
            pattern += "/" + pick(words) + name + pick(words);
            break;
          default:
            pattern += "/" + pick(words);
        }
      }
      if (random() % 6 == 0) pattern += "/{*rest}";
      if (random() % 8 == 0 && !pattern.ends_with('}')) pattern += "/";
      REQUIRE(check_pattern(pattern) == PatternError::None);
      if (shapes.insert(shape(pattern)).second) patterns.push_back(pattern);
    }
    const Tree tree(patterns);
    for (int i = 0; i < 100; ++i) {
      std::string path;
      const std::size_t segments = 1 + random() % 5;
      for (std::size_t s = 0; s < segments; ++s) path += "/" + pick(given) + (random() % 4 == 0 ? pick(given) : "");
      CAPTURE(path);
      const Found expected = find_naively(patterns, path);
      const Found found = tree.find(path);
      if (found != expected) {
        CAPTURE(expected.value == RouteTree::kNone ? "nothing" : patterns[expected.value]);
        CAPTURE(found.value == RouteTree::kNone ? "nothing" : patterns[found.value]);
        REQUIRE(found == expected);
      }
    }
  }
}
