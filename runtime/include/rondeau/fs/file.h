// File: a file of the file system as a stream, on threads that may block.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include <rondeau/base/unique_fd.h>
#include <rondeau/fs/metadata.h>
#include <rondeau/fs/open_options.h>
#include <rondeau/io/seek_from.h>
#include <rondeau/io/stream.h>
#include <rondeau/task/task.h>

namespace rondeau::io {
class BlockingIo;
}

namespace rondeau::fs {

/// An open file: an io::Stream with one position for reading and writing. Closed when destroyed.
///
/// Each call is one blocking call on the pool "fs", from or into a buffer of the file's own of at most max_buf_size()
/// bytes; so read_some and write_some move at most as much. A write has reached the kernel when it returns; only
/// sync_all brings it to the disk. Calls that change something run once they are queued, even while the runtime shuts
/// down.
///
/// One transfer at a time: while a read waits, as for a FIFO or a terminal, writes wait too; two Files serve both ways.
///
/// Cancellation: a read loses nothing, its bytes are the next read's. A write may still happen, and its outcome is
/// dropped; what is written next comes after it. Other calls may still happen. Thread safety, lifetime: see io::Stream;
/// a call is made on a thread of a runtime. For a try_write of one's own: after Errc::WouldBlock the write is under
/// way, and the next try_write tells its outcome, whatever bytes it is given.
class File final : public io::Stream {
 public:
  using WriteSome = SomeWrite<CancelSafety::Loses>;
  using WriteVectored = VectoredWrite<CancelSafety::Loses>;
  using WriteAllBuffer = BufferWrite<CancelSafety::Loses>;
  using WriteAllOf = DrainingWrite<CancelSafety::Loses>;

  /// Opens for reading. Errors: what open(2) reports, with the path.
  [[nodiscard]] static BlockingOperation<File> open(Path path);
  /// Opens for writing; makes the file, or drops what is in it.
  [[nodiscard]] static BlockingOperation<File> create(Path path);
  /// Makes the file for reading and writing. Errors: AlreadyExists.
  [[nodiscard]] static BlockingOperation<File> create_new(Path path);
  static OpenOptions options() noexcept { return OpenOptions(); }
  /// Takes over a descriptor that is not non-blocking.
  static File from_fd(base::UniqueFd fd);

  File(File&&) noexcept = default;
  File& operator=(File&&) noexcept = default;

  // As in io::Writer, but they may still happen when their await is gone.
  [[nodiscard]] WriteSome write_some(std::span<const std::byte> bytes) noexcept;
  [[nodiscard]] WriteVectored write_vectored(std::span<const io::ConstBuffer> buffers) noexcept;
  [[nodiscard]] WriteAllBuffer write_all_buf(std::span<const std::byte>& bytes) noexcept;
  [[nodiscard]] WriteAllOf write_all_buf(io::Buffer& buffer) noexcept;

  /// Reads at `offset`, beside the position, which stays; at most max_buf_size() bytes, 0 at the end. Any number at
  /// once.
  Task<Result<std::size_t>> read_at(std::span<std::byte> out, std::uint64_t offset) const;
  /// Writes at `offset`, beside the position; may be short. In a file opened for appending it goes to the end all the
  /// same.
  Task<Result<std::size_t>> write_at(std::span<const std::byte> bytes, std::uint64_t offset) const;

  /// Gives the new position, from the start. Errors: InvalidArgument for a place before the start.
  Task<Result<std::uint64_t>> seek(io::SeekFrom to);
  Task<Result<void>> rewind();
  Task<Result<std::uint64_t>> position();

  /// Brings content and metadata to the disk (fsync).
  Task<Result<void>> sync_all();
  /// Brings the content to the disk, and of the metadata what it takes to read it (fdatasync).
  Task<Result<void>> sync_data();
  /// Cuts the file, or extends it with zeros; the position stays.
  Task<Result<void>> set_len(std::uint64_t bytes);
  Task<Result<Metadata>> metadata() const;
  Task<Result<void>> set_permissions(Permissions permissions);
  /// Another File of the same open file; they share the position.
  Task<Result<File>> try_clone();
  /// Gives the descriptor away, its position where this file's was.
  Task<Result<base::UniqueFd>> into_fd() &&;
  /// Closes it and tells what only closing brings to light, as on a network file system.
  Task<Result<void>> close() &&;

  /// Bytes, at least 1; 2 MiB by default.
  void set_max_buf_size(std::size_t bytes) noexcept;
  std::size_t max_buf_size() const noexcept;
  /// The descriptor, which stays ours.
  int fd() const noexcept;

  Result<std::size_t> try_read(std::span<std::byte> out) noexcept override;
  Result<std::size_t> try_write(std::span<const std::byte> bytes) noexcept override;
  Result<std::size_t> try_write_vectored(std::span<const io::ConstBuffer> buffers) noexcept override;
  Result<void> try_flush() noexcept override;
  void forget_write() noexcept override;
  /// Nothing ends but what is under way: a file has no directions.
  Result<void> try_shutdown(io::How how) noexcept override;
  bool start_wait(io::Waiter& waiter) noexcept override;
  void end_wait(io::Waiter& waiter) noexcept override;

 private:
  friend class OpenOptions;
  explicit File(std::shared_ptr<io::BlockingIo> io) noexcept : io_(std::move(io)) {}
  std::shared_ptr<io::BlockingIo> io_;
};

inline File::WriteSome File::write_some(std::span<const std::byte> bytes) noexcept {
  return WriteSome(*this, bytes);
}
inline File::WriteVectored File::write_vectored(std::span<const io::ConstBuffer> buffers) noexcept {
  return WriteVectored(*this, buffers);
}
inline File::WriteAllBuffer File::write_all_buf(std::span<const std::byte>& bytes) noexcept {
  return WriteAllBuffer(*this, bytes);
}
inline File::WriteAllOf File::write_all_buf(io::Buffer& buffer) noexcept {
  return WriteAllOf(*this, buffer);
}

}  // namespace rondeau::fs
