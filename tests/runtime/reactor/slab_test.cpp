#include "reactor/slab.h"

#include <cstdint>
#include <set>
#include <vector>

#include <doctest/doctest.h>

namespace {

using rondeau::reactor::Record;
using rondeau::reactor::Slab;

TEST_CASE("reactor: a record of the slab stays where it is, however many follow") {
  Slab slab;
  std::vector<Record*> records;
  for (std::uint32_t i = 0; i < 10'000; ++i) {
    records.push_back(slab.take());
    REQUIRE(records.back()->index == i);
  }
  for (std::uint32_t i = 0; i < 10'000; ++i) REQUIRE(slab.find(i) == records[i]);
  CHECK(std::set<Record*>(records.begin(), records.end()).size() == 10'000);
}

TEST_CASE("reactor: the slab hands a given record out again before it grows") {
  Slab slab;
  Record* first = slab.take();
  Record* second = slab.take();
  slab.give(first);
  CHECK(slab.take() == first);
  CHECK(slab.take() != second);
}

TEST_CASE("reactor: an index nobody was given has no record") {
  const Slab slab;
  CHECK(slab.find(0) == nullptr);
  CHECK(slab.find(~std::uint32_t{0}) == nullptr);
}

}  // namespace
