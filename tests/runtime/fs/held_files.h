// A pool "fs" of one thread that a test keeps busy, so that calls wait as long as it likes.
#pragma once

#include <cstddef>
#include <memory>
#include <semaphore>
#include <span>
#include <string>
#include <string_view>

#include <rondeau/io/reader.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/task/blocking.h>

namespace fs_test {

using namespace rondeau;

inline runtime::Runtime one_thread_for_files(std::size_t workers = 0, std::size_t queue_limit = 64) {
  auto builder = workers == 0 ? runtime::Builder::current_thread() : runtime::Builder::multi_thread();
  if (workers > 0) builder.worker_threads(workers);
  return builder.blocking_pool("fs", {.max_threads = 1, .queue_limit = queue_limit}).build().value();
}

/// Keeps the thread until let_go().
class HeldFiles {
 public:
  HeldFiles() {
    spawn_blocking(BuiltInPool::Fs, [door = door_] {
      door->begun.release();
      door->gate.acquire();
    }).detach();
    door_->begun.acquire();
  }
  HeldFiles(const HeldFiles&) = delete;
  HeldFiles& operator=(const HeldFiles&) = delete;
  ~HeldFiles() { let_go(); }
  void let_go() {
    if (held_) door_->gate.release();
    held_ = false;
  }

 private:
  struct Door {
    std::binary_semaphore begun{0};
    std::binary_semaphore gate{0};
  };
  std::shared_ptr<Door> door_ = std::make_shared<Door>();
  bool held_ = true;
};

inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

inline Task<std::string> read_text(io::Reader& reader, std::size_t at_most = 64) {
  std::string text(at_most, '\0');
  auto count = co_await reader.read_some(std::as_writable_bytes(std::span(text)));
  text.resize(count ? *count : 0);
  co_return text;
}

}  // namespace fs_test
