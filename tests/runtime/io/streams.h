// Sources and sinks for tests: some inherit from nothing, some count what is asked of them, one can seek.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rondeau/io/concepts.h>
#include <rondeau/io/duplex.h>
#include <rondeau/task/task.h>
#include <rondeau/task/yield_now.h>

namespace io_test {

using namespace rondeau;

inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}
inline std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A reader that has the text and the end behind it, and gives at most `step` bytes at once.
inline io::SimplexReader source(std::string_view text, std::size_t step = 1024 * 1024) {
  auto [reader, writer] = io::simplex({.max = text.size() + 1, .read_limit = step});
  if (!text.empty()) static_cast<void>(writer.try_write(bytes_of(text)));
  return std::move(reader);
}

/// What a reader has now.
inline std::string drain(io::Reader& reader) {
  std::string all;
  std::string piece(4096, '\0');
  for (;;) {
    auto count = reader.try_read(std::as_writable_bytes(std::span(piece)));
    if (!count || *count == 0) return all;
    all.append(piece, 0, *count);
  }
}

/// Inherits from nothing; lets others run before it answers. Can seek.
struct ForeignSource {
  std::string text;
  std::size_t step = 3;
  std::size_t at = 0;
  int reads = 0;

  Task<Result<std::size_t>> read_some(std::span<std::byte> out) {
    co_await yield_now();
    ++reads;
    const std::size_t count = std::min({out.size(), step, text.size() - at});
    if (count > 0) std::memcpy(out.data(), text.data() + at, count);
    at += count;
    co_return count;
  }
  Task<Result<std::uint64_t>> seek(io::SeekFrom from) {
    co_await yield_now();
    const auto base = from.base() == io::SeekFrom::Base::Start     ? 0
                      : from.base() == io::SeekFrom::Base::Current ? static_cast<std::int64_t>(at)
                                                                   : static_cast<std::int64_t>(text.size());
    if (base + from.offset() < 0) co_return Errc::InvalidArgument;
    at = static_cast<std::size_t>(base + from.offset());
    co_return at;
  }
};

/// The same for writing.
struct ForeignSink {
  std::string text;
  std::size_t step = 3;
  int writes = 0;
  int flushes = 0;
  int shutdowns = 0;

  Task<Result<std::size_t>> write_some(std::span<const std::byte> bytes) {
    co_await yield_now();
    ++writes;
    const std::size_t count = std::min(bytes.size(), step);
    text += text_of(bytes.first(count));
    co_return count;
  }
  Task<Result<void>> flush() {
    ++flushes;
    co_return {};
  }
  Task<Result<void>> shutdown() {
    ++shutdowns;
    co_return {};
  }
};

/// Hands on to another reader and counts.
class CountingReader final : public io::Reader {
 public:
  explicit CountingReader(io::Reader& source) noexcept : source_(source) {}
  Result<std::size_t> try_read(std::span<std::byte> out) noexcept override {
    ++reads;
    largest = std::max(largest, out.size());
    return source_.try_read(out);
  }
  bool start_wait(io::Waiter& waiter) noexcept override { return source_.start_wait(waiter); }
  void end_wait(io::Waiter& waiter) noexcept override { source_.end_wait(waiter); }
  int reads = 0;
  std::size_t largest = 0;

 private:
  io::Reader& source_;
};

/// Takes everything, or nothing while it is stuck, or fails; remembers each write.
class RecordingWriter final : public io::Writer {
 public:
  Result<std::size_t> try_write(std::span<const std::byte> bytes) noexcept override {
    if (failure != Errc::Ok) return failure;
    writes.push_back(text_of(bytes.first(std::min(bytes.size(), step))));
    return writes.back().size();
  }
  Result<std::size_t> try_write_vectored(std::span<const io::ConstBuffer> buffers) noexcept override {
    if (failure != Errc::Ok) return failure;
    std::string all;
    for (const io::ConstBuffer& buffer : buffers) all += text_of(buffer.span());
    writes.push_back(all.substr(0, step));
    return writes.back().size();
  }
  Result<void> try_flush() noexcept override { return ++flushes, Result<void>(); }
  Result<void> try_shutdown(io::How) noexcept override { return ++shutdowns, Result<void>(); }
  bool start_wait(io::Waiter&) noexcept override { return true; }
  void end_wait(io::Waiter&) noexcept override {}

  std::string text() const {
    std::string all;
    for (const std::string& part : writes) all += part;
    return all;
  }
  std::vector<std::string> writes;
  std::size_t step = 1024 * 1024;
  Errc failure = Errc::Ok;
  int flushes = 0;
  int shutdowns = 0;
};

}  // namespace io_test
