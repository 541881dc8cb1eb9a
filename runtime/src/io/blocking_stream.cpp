#include <rondeau/io/blocking_stream.h>

#include <span>
#include <utility>

#include <rondeau/detail/thread_waiter.h>

#include "io/loss.h"

namespace rondeau::io {

BlockingStream::BlockingStream(Reader& reader, std::size_t chunk, std::source_location where)
    : BlockingStream(&reader, nullptr, chunk, where) {}
BlockingStream::BlockingStream(Writer& writer, std::size_t chunk, std::source_location where)
    : BlockingStream(nullptr, &writer, chunk, where) {}
BlockingStream::BlockingStream(Stream& stream, std::size_t chunk, std::source_location where)
    : BlockingStream(&stream, &stream, chunk, where) {}

BlockingStream::BlockingStream(Reader* reader, Writer* writer, std::size_t chunk, std::source_location where)
    : reader_(reader), writer_(writer), where_(where) {
  if (chunk == 0) base::fail("a BlockingStream of no bytes; leave the chunk out for 4 KiB", where);
  if (reader != nullptr) in_.resize(chunk);
  if (writer != nullptr) out_.resize(chunk);
  setp(out_.data(), out_.data() + out_.size());
}

BlockingStream::~BlockingStream() {
  if (error_ == Errc::Ok) report_loss(static_cast<std::size_t>(pptr() - pbase()));
}

BlockingStream::int_type BlockingStream::underflow() {
  if (reader_ == nullptr) return traits_type::eof();
  auto count = detail::wait_on_thread(reader_->read_some(std::as_writable_bytes(std::span(in_))), where_);
  if (!count) error_ = std::move(count).error();
  if (!count || *count == 0) return traits_type::eof();
  setg(in_.data(), in_.data(), in_.data() + *count);
  return traits_type::to_int_type(*gptr());
}

BlockingStream::int_type BlockingStream::overflow(int_type character) {
  if (writer_ == nullptr || !push()) return traits_type::eof();
  if (traits_type::eq_int_type(character, traits_type::eof())) return traits_type::not_eof(character);
  *pptr() = traits_type::to_char_type(character);
  pbump(1);
  return character;
}

int BlockingStream::sync() {
  if (writer_ == nullptr) return 0;
  return push() && succeeded(detail::wait_on_thread(writer_->flush(), where_)) ? 0 : -1;
}

Result<void> BlockingStream::shutdown() {
  if (writer_ == nullptr) return {};
  if (sync() != 0 || !succeeded(detail::wait_on_thread(writer_->shutdown(), where_))) return error_;
  return {};
}

bool BlockingStream::push() {
  const std::span<const char> buffered(pbase(), pptr());
  setp(out_.data(), out_.data() + out_.size());
  return succeeded(detail::wait_on_thread(writer_->write_all(std::as_bytes(buffered)), where_));
}

bool BlockingStream::succeeded(const Result<void>& result) {
  if (!result) error_ = result.error();
  return result.has_value();
}

}  // namespace rondeau::io
