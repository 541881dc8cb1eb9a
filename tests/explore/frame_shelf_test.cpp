// The shelf of surplus frames: the real magazines and shelf. A thread's cache is a harness: it fills a magazine, puts
// it up, takes another.
#include <doctest/doctest.h>

#include <array>
#include <mutex>

#include "support/model.h"
#include "task/frame_shelf.h"

using support::model::explore;
using support::model::ModelAtomics;
using support::model::require;
using support::model::Thread;

TEST_CASE("explore: frame cache: a block of the shelf belongs to one thread at a time") {
  explore("frame pool surplus list", [] {
    using Block = rondeau::detail::BasicBlock<ModelAtomics>;
    using Magazine = rondeau::detail::BasicMagazine<ModelAtomics>;
    std::array<Block, 6> blocks;
    rondeau::detail::BasicShelf<ModelAtomics> shelf;
    const auto produce = [&](std::size_t first) {
      Magazine full;
      full.push(&blocks[first]);
      full.push(&blocks[first + 1]);
      shelf.put(full);
    };
    const auto exchange = [&] {
      Magazine mine = shelf.take();
      if (mine.head == nullptr) return;
      require(mine.count == 2, "a magazine has another number of blocks");
      Magazine full;
      while (mine.count > 0) full.push(mine.pop());
      shelf.put(full);
    };
    produce(0);
    {
      const Thread first([&] {
        produce(2);
        exchange();
      });
      const Thread second(exchange);
      produce(4);
      exchange();
    }
    std::size_t count = 0;
    for (Magazine mine = shelf.take(); mine.head != nullptr; mine = shelf.take()) {
      for (; mine.count > 0; ++count) mine.pop()->count = 0;
    }
    require(count == 6, "blocks were lost or doubled");
  });
}
