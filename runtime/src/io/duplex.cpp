#include <rondeau/io/duplex.h>

#include "io/pipe.h"

namespace rondeau::io {

/// Knows the private constructors.
class DuplexMaker {
 public:
  static std::pair<DuplexStream, DuplexStream> both_ways(const DuplexOptions& options) {
    auto there = std::make_shared<Pipe>(options);
    auto back = std::make_shared<Pipe>(options);
    return {DuplexStream(back, there), DuplexStream(there, back)};
  }
  static std::pair<SimplexReader, SimplexWriter> one_way(const DuplexOptions& options) {
    auto pipe = std::make_shared<Pipe>(options);
    return {SimplexReader(pipe), SimplexWriter(pipe)};
  }
};

std::pair<DuplexStream, DuplexStream> duplex(std::size_t max) {
  return duplex(DuplexOptions{.max = max});
}
std::pair<DuplexStream, DuplexStream> duplex(const DuplexOptions& options) {
  return DuplexMaker::both_ways(options);
}
std::pair<SimplexReader, SimplexWriter> simplex(std::size_t max) {
  return simplex(DuplexOptions{.max = max});
}
std::pair<SimplexReader, SimplexWriter> simplex(const DuplexOptions& options) {
  return DuplexMaker::one_way(options);
}

DuplexStream& DuplexStream::operator=(DuplexStream&& other) noexcept {
  if (this != &other) {
    close();
    in_ = std::move(other.in_);
    out_ = std::move(other.out_);
  }
  return *this;
}

DuplexStream::~DuplexStream() {
  close();
}

void DuplexStream::close() noexcept {
  if (in_ == nullptr) return;
  in_->close_reading();
  out_->close_writing();
}

Result<std::size_t> DuplexStream::try_read(std::span<std::byte> out) noexcept {
  return in_->read(out);
}

Result<std::size_t> DuplexStream::try_write(std::span<const std::byte> bytes) noexcept {
  const ConstBuffer buffer(bytes);
  return out_->write({&buffer, 1});
}

Result<std::size_t> DuplexStream::try_write_vectored(std::span<const ConstBuffer> buffers) noexcept {
  return out_->write(buffers);
}

Result<void> DuplexStream::try_shutdown(How how) noexcept {
  if (how != How::Write) in_->close_reading();
  if (how != How::Read) out_->close_writing();
  return {};
}

namespace {

bool reads(const Waiter& waiter) noexcept {
  return (waiter.interest & detail::kReadInterest) != 0;
}

}  // namespace

bool DuplexStream::start_wait(Waiter& waiter) noexcept {
  return (reads(waiter) ? in_ : out_)->start_wait(waiter);
}
void DuplexStream::end_wait(Waiter& waiter) noexcept {
  (reads(waiter) ? in_ : out_)->end_wait(waiter);
}

SimplexReader& SimplexReader::operator=(SimplexReader&& other) noexcept {
  std::swap(pipe_, other.pipe_);
  return *this;
}
SimplexReader::~SimplexReader() {
  if (pipe_ != nullptr) pipe_->close_reading();
}
Result<std::size_t> SimplexReader::try_read(std::span<std::byte> out) noexcept {
  return pipe_->read(out);
}
bool SimplexReader::start_wait(Waiter& waiter) noexcept {
  return pipe_->start_wait(waiter);
}
void SimplexReader::end_wait(Waiter& waiter) noexcept {
  pipe_->end_wait(waiter);
}

SimplexWriter& SimplexWriter::operator=(SimplexWriter&& other) noexcept {
  std::swap(pipe_, other.pipe_);
  return *this;
}
SimplexWriter::~SimplexWriter() {
  if (pipe_ != nullptr) pipe_->close_writing();
}
Result<std::size_t> SimplexWriter::try_write(std::span<const std::byte> bytes) noexcept {
  const ConstBuffer buffer(bytes);
  return pipe_->write({&buffer, 1});
}
Result<std::size_t> SimplexWriter::try_write_vectored(std::span<const ConstBuffer> buffers) noexcept {
  return pipe_->write(buffers);
}
Result<void> SimplexWriter::try_shutdown(How how) noexcept {
  if (how != How::Read) pipe_->close_writing();
  return {};
}
bool SimplexWriter::start_wait(Waiter& waiter) noexcept {
  return pipe_->start_wait(waiter);
}
void SimplexWriter::end_wait(Waiter& waiter) noexcept {
  pipe_->end_wait(waiter);
}

}  // namespace rondeau::io
