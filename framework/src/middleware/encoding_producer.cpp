#include "middleware/encoding_producer.h"

#include <string>
#include <utility>

#include <rondeau/task/yield_now.h>

namespace rondeau::middleware {
namespace {

using coding::Encoder;

/// So much is compressed before others have their turn.
constexpr std::size_t kTurn = 64 * 1024;

/// Stands between who makes a body and who sends it.
class EncodingWriter final : public http::BodyWriter {
 public:
  EncodingWriter(http::BodyWriter& out, std::unique_ptr<Encoder> encoder, std::optional<std::uint64_t> length)
      : out_(out), encoder_(std::move(encoder)), left_(length) {}

  task::Task<Result<void>> write(Bytes piece) override { return encode(std::move(piece), Encoder::End::Flush); }
  task::Task<Result<void>> flush() override { return out_.flush(); }

  task::Task<Result<void>> encode(Bytes piece, Encoder::End end) {
    if (piece.empty() && end != Encoder::End::Finish) co_return Result<void>();
    if (left_) {
      if (piece.size() > *left_) co_return Error(Errc::TooLarge);
      *left_ -= piece.size();
    }
    std::size_t done = 0;
    do {
      if (turn_ >= kTurn) {
        turn_ = 0;
        co_await task::yield_now();
      }
      const Bytes part = piece.slice(done, std::min(kTurn, piece.size() - done));
      done += part.size();
      turn_ += part.size();
      std::string coded;
      const bool last = done == piece.size();
      RONDEAU_TRY_VOID(encoder_->encode(part.view(), last ? end : Encoder::End::None, coded));
      RONDEAU_TRY_VOID(co_await out_.write(Bytes(std::move(coded))));
    } while (done < piece.size());
    co_return Result<void>();
  }
  task::Task<Result<void>> finish() {
    if (left_ && *left_ != 0) co_return Error(Errc::InvalidData, "response: the body is shorter than was promised");
    co_return co_await encode(Bytes(), Encoder::End::Finish);
  }

 private:
  http::BodyWriter& out_;
  const std::unique_ptr<Encoder> encoder_;
  std::optional<std::uint64_t> left_;
  std::size_t turn_ = 0;
};

class EncodingProducer final : public http::BodyProducer {
 public:
  EncodingProducer(http::ResponseBody content, coding::Coding coding, const coding::Levels& levels,
                   std::optional<std::uint64_t> length)
      : content_(std::move(content)), coding_(coding), levels_(levels), length_(length) {}

  task::Task<Result<void>> produce(http::BodyWriter& out) override {
    // The library's memory is there only while the body is sent.
    EncodingWriter writer(out, coding::make_encoder(coding_, levels_, length_), length_);
    if (content_.is_stream()) {
      writer.trailers() = std::move(out.trailers());
      const std::unique_ptr<http::BodyProducer> inside = content_.take_producer();
      RONDEAU_TRY_VOID(co_await inside->produce(writer));
      out.trailers() = std::move(writer.trailers());
    } else {
      RONDEAU_TRY_VOID(co_await writer.encode(content_.take_bytes(), Encoder::End::None));
    }
    co_return co_await writer.finish();
  }

 private:
  http::ResponseBody content_;
  const coding::Coding coding_;
  const coding::Levels levels_;
  const std::optional<std::uint64_t> length_;
};

}  // namespace

std::unique_ptr<http::BodyProducer> encoding_producer(http::ResponseBody content, coding::Coding coding,
                                                      const coding::Levels& levels,
                                                      std::optional<std::uint64_t> length) {
  return std::make_unique<EncodingProducer>(std::move(content), coding, levels, length);
}

}  // namespace rondeau::middleware
