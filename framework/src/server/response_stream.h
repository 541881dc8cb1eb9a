// ResponseStream: a body that is sent while it is made.
#pragma once

#include <cstdint>

#include <rondeau/http/response.h>
#include <rondeau/task/task.h>

#include "http/response_encoder.h"

namespace rondeau::server {

class Exchange;

class ResponseStream final : public http::BodyWriter {
 public:
  ResponseStream(Exchange& exchange, const http::EncodedHead& head) noexcept : exchange_(exchange), head_(head) {}

  task::Task<Result<void>> write(Bytes piece) override;
  task::Task<Result<void>> flush() override;
  task::Task<Result<void>> write_file(const fs::File& file, std::uint64_t offset, std::uint64_t length) override;

  /// Ends the body. False: it is shorter than was promised.
  bool finish();
  /// A piece was begun and its end is not even in our hands.
  bool in_piece() const noexcept { return in_piece_; }

 private:
  /// While what is sent lies with a coroutine: if that is destroyed, the answer is cut.
  class Lent {
   public:
    explicit Lent(ResponseStream& stream) noexcept : stream_(stream) { stream_.in_piece_ = true; }
    Lent(const Lent&) = delete;
    Lent& operator=(const Lent&) = delete;
    ~Lent();
    void given_back() noexcept { stream_.in_piece_ = false; }

   private:
    ResponseStream& stream_;
  };

  task::Task<Result<void>> write_in_place(Bytes piece);
  Result<void> state() const;

  Exchange& exchange_;
  const http::EncodedHead head_;
  std::uint64_t written_ = 0;
  bool in_piece_ = false;
};

}  // namespace rondeau::server
