#include "base/word_mutex.h"

#include <doctest/doctest.h>

#include <mutex>
#include <thread>

using rondeau::base::WordMutex;

TEST_CASE("word mutex: who finds it taken is counted, and gets it") {
  WordMutex mutex;
  bool got = false;
  const std::uint64_t before = WordMutex::contended();
  mutex.lock();
  CHECK(WordMutex::contended() == before);
  std::thread other([&] {
    const std::lock_guard guard(mutex);
    got = true;
  });
  while (WordMutex::contended() == before) std::this_thread::yield();
  CHECK_FALSE(got);
  mutex.unlock();
  other.join();
  CHECK(got);
}
