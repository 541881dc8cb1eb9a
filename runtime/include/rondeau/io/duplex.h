// duplex, simplex: streams in memory, for tests and for wiring parts of a program together.
#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <utility>

#include <rondeau/io/stream.h>

namespace rondeau::io {

class Pipe;

/// One end of an in-memory pair. Thread safety: the ends may be used from two threads, each as any Stream.
///
/// A peer that was dropped or shut down its writing is read as 0 once its bytes are used up; writing to a dropped peer
/// is BrokenPipe. Destroying it closes both directions.
class DuplexStream final : public Stream {
 public:
  DuplexStream(DuplexStream&&) noexcept = default;
  DuplexStream& operator=(DuplexStream&& other) noexcept;
  ~DuplexStream() override;

  Result<std::size_t> try_read(std::span<std::byte> out) noexcept override;
  Result<std::size_t> try_write(std::span<const std::byte> bytes) noexcept override;
  Result<std::size_t> try_write_vectored(std::span<const ConstBuffer> buffers) noexcept override;
  Result<void> try_shutdown(How how) noexcept override;
  bool start_wait(Waiter& waiter) noexcept override;
  void end_wait(Waiter& waiter) noexcept override;

 private:
  friend class DuplexMaker;
  DuplexStream(std::shared_ptr<Pipe> in, std::shared_ptr<Pipe> out) noexcept
      : in_(std::move(in)), out_(std::move(out)) {}
  void close() noexcept;

  std::shared_ptr<Pipe> in_;
  std::shared_ptr<Pipe> out_;
};

/// The reading end of a simplex pipe.
class SimplexReader final : public Reader {
 public:
  SimplexReader(SimplexReader&&) noexcept = default;
  SimplexReader& operator=(SimplexReader&& other) noexcept;
  ~SimplexReader() override;

  Result<std::size_t> try_read(std::span<std::byte> out) noexcept override;
  bool start_wait(Waiter& waiter) noexcept override;
  void end_wait(Waiter& waiter) noexcept override;

 private:
  friend class DuplexMaker;
  explicit SimplexReader(std::shared_ptr<Pipe> pipe) noexcept : pipe_(std::move(pipe)) {}
  std::shared_ptr<Pipe> pipe_;
};

/// The writing end of a simplex pipe.
class SimplexWriter final : public Writer {
 public:
  SimplexWriter(SimplexWriter&&) noexcept = default;
  SimplexWriter& operator=(SimplexWriter&& other) noexcept;
  ~SimplexWriter() override;

  Result<std::size_t> try_write(std::span<const std::byte> bytes) noexcept override;
  Result<std::size_t> try_write_vectored(std::span<const ConstBuffer> buffers) noexcept override;
  Result<void> try_shutdown(How how) noexcept override;
  bool start_wait(Waiter& waiter) noexcept override;
  void end_wait(Waiter& waiter) noexcept override;

 private:
  friend class DuplexMaker;
  explicit SimplexWriter(std::shared_ptr<Pipe> pipe) noexcept : pipe_(std::move(pipe)) {}
  std::shared_ptr<Pipe> pipe_;
};

struct DuplexOptions {
  std::size_t max = 64 * 1024;  ///< bytes under way in each direction before a writer waits; not 0
  // One call moves at most so much, to test how short reads and writes are met; not 0.
  std::size_t read_limit = std::numeric_limits<std::size_t>::max();
  std::size_t write_limit = std::numeric_limits<std::size_t>::max();
};

/// Two ends connected in memory, with room for `max` bytes each way.
std::pair<DuplexStream, DuplexStream> duplex(std::size_t max);
std::pair<DuplexStream, DuplexStream> duplex(const DuplexOptions& options);

/// A pipe in memory with room for `max` bytes.
std::pair<SimplexReader, SimplexWriter> simplex(std::size_t max);
std::pair<SimplexReader, SimplexWriter> simplex(const DuplexOptions& options);

}  // namespace rondeau::io
