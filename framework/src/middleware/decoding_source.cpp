#include "middleware/decoding_source.h"

#include <limits>
#include <string>
#include <utility>

#include <rondeau/task/yield_now.h>

namespace rondeau::middleware {
namespace {

constexpr std::size_t kPiece = 64 * 1024;
constexpr std::uint64_t kOverhead = 4096;  // bytes of heads, tables and checksums

}  // namespace

DecodingSource::DecodingSource(http::Body body, coding::Coding coding, const InflateLimits& limits,
                               const DecodingSource* inner)
    : body_(std::move(body)), decoder_(coding::make_decoder(coding)), limits_(limits), inner_(inner) {}

task::Task<Result<Bytes>> DecodingSource::next() {
  // A little content may become much: between two pieces of it others have their turn. Nothing is decoded before.
  if (more_) co_await task::yield_now();
  while (!over_ && !error_) {
    if (left_.empty() && !more_) {
      Result<Bytes> piece = co_await body_.next();
      if (!piece) {
        error_ = piece.error();
        break;
      }
      piece_ = *std::move(piece);
      left_ = piece_.view();
      if (left_.empty()) {
        if (auto end = check_end(); !end) error_ = end.error();
        break;
      }
    }
    std::string out;
    if (auto done = decode(out); !done) error_ = done.error();
    if (!out.empty() && !error_) co_return Bytes(std::move(out));
  }
  if (error_) co_return *error_;
  co_return Bytes();
}

void DecodingSource::set_limit(std::uint64_t bytes) {
  limits_.most = bytes;
  // No coding makes content longer than by this, unless it was made to be long: then it is TooLarge, too.
  const std::uint64_t more = bytes / 64 + kOverhead;
  body_.set_limit(bytes > std::numeric_limits<std::uint64_t>::max() - more ? bytes : bytes + more);
}

Result<void> DecodingSource::decode(std::string& out) {
  const std::size_t before = left_.size();
  const Result<void> done = decoder_->decode(left_, kPiece, out);
  in_ += before - left_.size();
  out_ += out.size();
  more_ = out.size() == kPiece;
  RONDEAU_TRY_VOID_PLAIN(done);
  if (limits_.most && out_ > *limits_.most) return Error(Errc::TooLarge);
  // Divided, so that no setting overflows.
  if (out_ > limits_.ratio_after && out_ / limits_.ratio > from_wire()) return Error(Errc::TooLarge);
  return {};
}

Result<void> DecodingSource::check_end() {
  over_ = true;
  // Where nothing came there is nothing to decode, whatever the framing.
  const bool whole = decoder_->at_end() || from_wire() == 0;
  return whole ? Result<void>() : Error(Errc::InvalidData, "the coded content of a request is truncated");
}

std::uint64_t DecodingSource::from_wire() const noexcept {
  return inner_ != nullptr ? inner_->from_wire() : in_;
}

}  // namespace rondeau::middleware
