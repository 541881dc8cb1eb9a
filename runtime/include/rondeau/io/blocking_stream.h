// BlockingStream: a std::streambuf over an async stream, for code that knows std::istream and std::ostream alone.
#pragma once

#include <cstddef>
#include <source_location>
#include <streambuf>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/io/stream.h>

namespace rondeau::io {

/// Reads and writes by blocking its thread; off the workers alone, as in spawn_blocking. On a worker it aborts.
///
///     BlockingStream bytes(stream);
///     std::iostream text(&bytes);
///
/// What is written is buffered up to std::flush; destroying it with bytes inside loses them, which debug builds say.
/// A failed write sets badbit; a failed read looks like the end to an istream, and error() tells the two apart. The
/// runtime of the stream must live.
/// Thread safety: one thread at a time. Lifetime: what it reads and writes is borrowed.
class BlockingStream final : public std::streambuf {
 public:
  static constexpr std::size_t kChunk = 4 * 1024;

  explicit BlockingStream(Reader& reader, std::size_t chunk = kChunk,
                          std::source_location where = std::source_location::current());
  explicit BlockingStream(Writer& writer, std::size_t chunk = kChunk,
                          std::source_location where = std::source_location::current());
  explicit BlockingStream(Stream& stream, std::size_t chunk = kChunk,
                          std::source_location where = std::source_location::current());
  BlockingStream(const BlockingStream&) = delete;
  BlockingStream& operator=(const BlockingStream&) = delete;
  ~BlockingStream() override;

  /// Why reading or writing failed last; Errc::Ok where it has not.
  const Error& error() const noexcept { return error_; }
  /// Writes what is buffered and ends the writing direction.
  Result<void> shutdown();

 protected:
  int_type underflow() override;
  int_type overflow(int_type character) override;
  int sync() override;

 private:
  BlockingStream(Reader* reader, Writer* writer, std::size_t chunk, std::source_location where);
  bool push();
  /// Keeps the error of a failure; true where there is none.
  bool succeeded(const Result<void>& result);

  Reader* reader_;
  Writer* writer_;
  std::source_location where_;  // it was made
  std::vector<char> in_;
  std::vector<char> out_;
  Error error_;
};

}  // namespace rondeau::io
