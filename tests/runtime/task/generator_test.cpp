#include <rondeau/task/generator.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "probe.h"

using namespace rondeau;
using probe::Alive;

namespace {

Generator<int> count(int from, int to, std::vector<int>* ran = nullptr) {
  const Alive alive;
  for (int i = from; i < to; ++i) {
    if (ran != nullptr) ran->push_back(i);
    co_yield i;
  }
}

}  // namespace

TEST_CASE("GE1: a Generator is a range, runs nothing before begin() and only to the item that is asked for") {
  std::vector<int> ran;
  {
    auto numbers = count(1, 5, &ran);
    CHECK(ran.empty());
    auto it = numbers.begin();
    CHECK(ran == std::vector{1});
    CHECK(*it == 1);
    ++it;
    CHECK(*it == 2);
    CHECK(ran == std::vector{1, 2});
    CHECK(probe::living == 1);
  }
  CHECK(probe::living == 0);
  CHECK(detail::live_frames() == 0);
  int sum = 0;
  for (const int number : count(1, 5)) sum += number;
  CHECK(sum == 10);
  for (const int number : count(3, 3)) FAIL(number);
  static_cast<void>(count(1, 3));  // never begun: nothing ran, nothing leaks
  CHECK(detail::live_frames() == 0);
}

TEST_CASE("GE1: what a Generator gives may be moved from, a const item is copied, a reference type gives the item itself") {
  const auto words = []() -> Generator<std::string> {
    std::string kept = "kept, and long enough to be on the heap";
    const std::string constant = "constant, and long enough to be on the heap";
    co_yield "literal";
    co_yield constant;
    co_yield kept;
    CHECK(kept.empty());
    CHECK_FALSE(constant.empty());
  };
  std::vector<std::string> all;
  for (auto& word : words()) all.push_back(std::move(word));
  CHECK(all.size() == 3);
  CHECK(all[1].starts_with("constant"));

  std::vector<std::unique_ptr<int>> owned;
  const auto owners = []() -> Generator<std::unique_ptr<int>> { co_yield std::make_unique<int>(7); };
  for (auto& one : owners()) owned.push_back(std::move(one));
  CHECK(*owned.at(0) == 7);

  std::vector<int> field{1, 2, 3};
  const auto each = [](std::vector<int>& of) -> Generator<int&> {
    for (int& one : of) co_yield one;
  };
  for (int& one : each(field)) one *= 2;
  CHECK(field == std::vector{2, 4, 6});
}

TEST_CASE("GE1: what a Generator throws comes out of the loop, and is its end") {
  const auto throws = []() -> Generator<int> {
    const Alive alive;
    co_yield 1;
    throw std::runtime_error("body");
  };
  {
    auto numbers = throws();
    auto it = numbers.begin();
    CHECK_THROWS_WITH(++it, "body");
    CHECK(it == std::default_sentinel);
    CHECK(probe::living == 0);
  }
  CHECK(probe::living == 0);  // the locals went once
}
