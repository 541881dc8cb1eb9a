#include <rondeau/fs/file.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include <rondeau/base/assert.h>

#include "fs/call.h"
#include "fs/metadata.h"
#include "io/blocking_io.h"

namespace rondeau::fs {
namespace {

using Io = std::shared_ptr<io::BlockingIo>;

constexpr detail::PoolChoice kLooking(BuiltInPool::Fs);
constexpr detail::PoolChoice kChanging(BuiltInPool::Fs, detail::Mandatory::Yes);

/// `function(descriptor)`, after what is under way.
template <class F>
auto on_file(Io io, detail::PoolChoice where, F function) -> Task<std::invoke_result_t<F&, int>> {
  co_await io->settled();
  co_return co_await detail::blocking_operation(where, [io, function] { return function(io->descriptor()); });
}

/// A system call that gives 0, or fails.
template <class F>
Result<void> done(const char* what, F&& system_call) {
  if (uninterrupted(system_call) < 0) return Error::from_os(errno, what);
  return {};
}

template <class F>
int synced(F&& system_call) {
  return on_disk(base::DiskCall::Syncs, system_call);
}

Result<std::uint64_t> move_to(int fd, int whence, std::int64_t offset) {
  const off_t place = ::lseek(fd, offset, whence);
  if (place < 0) return Error::from_os(errno, "seek");
  return static_cast<std::uint64_t>(place);
}

int whence_of(io::SeekFrom to) noexcept {
  switch (to.base()) {
    case io::SeekFrom::Base::Start:
      return SEEK_SET;
    case io::SeekFrom::Base::Current:
      return SEEK_CUR;
    case io::SeekFrom::Base::End:
      break;
  }
  return SEEK_END;
}

Task<Result<std::uint64_t>> seek_in(Io io, io::SeekFrom to) {
  if (to.base() == io::SeekFrom::Base::Start && to.offset() < 0) co_return Error::from_os(EINVAL, "seek");
  co_await io->settled();
  const std::size_t ahead = io->drop_read_ahead();
  co_return co_await detail::blocking_operation(kChanging, [io, to, ahead]() -> Result<std::uint64_t> {
    // Back to where the user is, so that a seek that fails leaves the position there.
    if (ahead > 0) {
      const auto back = move_to(io->descriptor(), SEEK_CUR, -static_cast<std::int64_t>(ahead));
      if (!back) return back.error();
    }
    return move_to(io->descriptor(), whence_of(to), to.offset());
  });
}

Task<Result<std::size_t>> read_from(Io io, std::span<std::byte> out, std::uint64_t offset) {
  const std::size_t count = std::min(out.size(), io->max_buffer());
  RONDEAU_TRY(const std::vector<std::byte> bytes,
              co_await detail::blocking_operation(kLooking, [io, count, offset]() -> Result<std::vector<std::byte>> {
                std::vector<std::byte> buffer(count);
                const ssize_t got = on_disk(
                    base::DiskCall::Reads, [&] { return ::pread(io->descriptor(), buffer.data(), count, static_cast<off_t>(offset)); });
                if (got < 0) return Error::from_os(errno, "read");
                buffer.resize(static_cast<std::size_t>(got));
                return buffer;
              }));
  std::ranges::copy(bytes, out.begin());
  co_return bytes.size();
}

Task<Result<std::size_t>> write_to(Io io, std::vector<std::byte> bytes, std::uint64_t offset) {
  co_return co_await detail::blocking_operation(
      kChanging, [io, bytes = std::move(bytes), offset]() -> Result<std::size_t> {
        const ssize_t put = on_disk(
            base::DiskCall::Writes, [&] { return ::pwrite(io->descriptor(), bytes.data(), bytes.size(), static_cast<off_t>(offset)); });
        if (put < 0) return Error::from_os(errno, "write");
        return static_cast<std::size_t>(put);
      });
}

Task<Result<base::UniqueFd>> take_descriptor(Io io) {
  co_await io->settled();
  if (const std::size_t ahead = io->drop_read_ahead(); ahead > 0) {
    RONDEAU_TRY_VOID(co_await detail::blocking_operation(kChanging, [io, ahead]() -> Result<void> {
      const auto back = move_to(io->descriptor(), SEEK_CUR, -static_cast<std::int64_t>(ahead));
      if (!back) return back.error();
      return {};
    }));
  }
  co_return io->release();
}

Task<Result<void>> close_after_all(Io io) {
  co_await io->settled();
  co_return co_await detail::blocking_operation(kChanging, [io]() -> Result<void> {
    // Not again after EINTR: the descriptor is gone then, and may be another's.
    if (::close(io->release().release()) < 0 && errno != EINTR) return Error::from_os(errno, "close");
    return {};
  });
}

}  // namespace

File File::from_fd(base::UniqueFd fd) {
  return File(std::make_shared<io::BlockingIo>(std::move(fd), BuiltInPool::Fs));
}

Task<Result<std::size_t>> File::read_at(std::span<std::byte> out, std::uint64_t offset) const {
  return read_from(io_, out, offset);
}
Task<Result<std::size_t>> File::write_at(std::span<const std::byte> bytes, std::uint64_t offset) const {
  bytes = bytes.first(std::min(bytes.size(), io_->max_buffer()));
  return write_to(io_, std::vector(bytes.begin(), bytes.end()), offset);
}

Task<Result<std::uint64_t>> File::seek(io::SeekFrom to) {
  return seek_in(io_, to);
}
Task<Result<void>> File::rewind() {
  return [](Io io) -> Task<Result<void>> {
    RONDEAU_TRY_VOID(co_await seek_in(std::move(io), io::SeekFrom::start(0)));
    co_return Result<void>();
  }(io_);
}
Task<Result<std::uint64_t>> File::position() {
  return seek_in(io_, io::SeekFrom::current(0));
}

Task<Result<void>> File::sync_all() {
  return on_file(io_, kChanging, [](int fd) { return done("fsync", [fd] { return synced([fd] { return ::fsync(fd); }); }); });
}
Task<Result<void>> File::sync_data() {
  return on_file(io_, kChanging, [](int fd) { return done("fdatasync", [fd] { return synced([fd] { return ::fdatasync(fd); }); }); });
}
Task<Result<void>> File::set_len(std::uint64_t bytes) {
  return on_file(io_, kChanging, [bytes](int fd) {
    return done("truncate", [=] { return ::ftruncate(fd, static_cast<off_t>(bytes)); });
  });
}
Task<Result<Metadata>> File::metadata() const {
  return on_file(io_, kLooking, [](int fd) { return metadata_of(fd); });
}
Task<Result<void>> File::set_permissions(Permissions permissions) {
  return on_file(io_, kChanging,
                 [permissions](int fd) { return done("chmod", [=] { return ::fchmod(fd, permissions.mode()); }); });
}
Task<Result<File>> File::try_clone() {
  return on_file(io_, kLooking, [](int fd) -> Result<File> {
    base::UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
    if (!copy) return Error::from_os(errno, "dup");
    return File::from_fd(std::move(copy));
  });
}
Task<Result<base::UniqueFd>> File::into_fd() && {
  return take_descriptor(std::move(io_));
}
Task<Result<void>> File::close() && {
  return close_after_all(std::move(io_));
}

void File::set_max_buf_size(std::size_t bytes) noexcept {
  if (bytes == 0) base::fail("set_max_buf_size(0): a file could neither be read nor written; 1 is the least");
  io_->set_max_buffer(bytes);
}
std::size_t File::max_buf_size() const noexcept {
  return io_->max_buffer();
}
int File::fd() const noexcept {
  return io_->descriptor();
}

Result<std::size_t> File::try_read(std::span<std::byte> out) noexcept {
  return io_->read(out);
}
Result<std::size_t> File::try_write(std::span<const std::byte> bytes) noexcept {
  const io::ConstBuffer buffer(bytes);
  return io_->write({&buffer, 1});
}
Result<std::size_t> File::try_write_vectored(std::span<const io::ConstBuffer> buffers) noexcept {
  return io_->write(buffers);
}
Result<void> File::try_flush() noexcept {
  if (!io_->idle()) return Errc::WouldBlock;
  return {};
}
void File::forget_write() noexcept {
  io_->forget_write();
}
Result<void> File::try_shutdown(io::How) noexcept {
  return {};
}
bool File::start_wait(io::Waiter& waiter) noexcept {
  return io_->start_wait(waiter);
}
void File::end_wait(io::Waiter& waiter) noexcept {
  io_->end_wait(waiter);
}

}  // namespace rondeau::fs
