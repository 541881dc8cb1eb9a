#include "client/produced_body.h"

#include <exception>
#include <string>
#include <utility>
#include <vector>

#include <rondeau/response/unhandled.h>
#include <rondeau/task/spawn.h>
#include <rondeau/time/timeout.h>

namespace rondeau::client {
namespace {

using Sender = sync::Sender<Produced>;

class ChannelWriter final : public http::BodyWriter {
 public:
  explicit ChannelWriter(Sender out) : out_(std::move(out)) {}

  task::Task<Result<void>> write(Bytes piece) override {
    if (piece.empty()) co_return Result<void>();
    co_return co_await put({.piece = std::move(piece)});
  }
  task::Task<Result<void>> flush() override { co_return Result<void>(); }
  task::Task<Result<void>> put(Produced produced) {
    if (!co_await out_.send(std::move(produced))) co_return rondeau::Error(Errc::BrokenPipe);
    co_return Result<void>();
  }

 private:
  Sender out_;
};

/// Runs what the answer has put off, however its body ends.
class AfterEnd {
 public:
  explicit AfterEnd(std::vector<std::unique_ptr<http::AfterWork>> work) noexcept : work_(std::move(work)) {}
  AfterEnd(AfterEnd&& other) noexcept : work_(std::exchange(other.work_, {})) {}
  AfterEnd& operator=(AfterEnd&&) = delete;
  ~AfterEnd() {
    for (auto& work : work_) task::spawn(run(std::move(work))).detach();
  }

 private:
  static task::Task<void> run(std::unique_ptr<http::AfterWork> work) { co_await work->run(); }
  std::vector<std::unique_ptr<http::AfterWork>> work_;
};

task::Task<void> produce(std::unique_ptr<http::BodyProducer> producer, http::Headers trailers, Sender out,
                         AfterEnd after_end, std::shared_ptr<void> keeps) {
  ChannelWriter writer(std::move(out));
  writer.trailers() = std::move(trailers);
  Produced last;
  try {
    if (Result<void> done = co_await producer->produce(writer); !done) last.error = std::move(done).error();
  } catch (...) {
    last.error = rondeau::Error(Errc::Other, response::describe_exception(std::current_exception()));
  }
  producer.reset();
  last.trailers = std::move(writer.trailers());
  static_cast<void>(co_await writer.put(std::move(last)));
}

}  // namespace

Result<std::unique_ptr<Answer>, Failure> answer_of(http::Response response, http::Method asked,
                                                   std::shared_ptr<void> keeps) {
  if (response.fault().code() != Errc::Ok) {
    return Failure{.kind = ErrorKind::Protocol,
                   .phase = Phase::Head,
                   .cause = response.fault().message(),
                   .sent = Sent::Yes,
                   .answered = true};
  }
  auto answer = std::make_unique<Answer>();
  answer->status = response.status();
  answer->headers = std::move(response.headers());
  AfterEnd after_end(response.take_after());
  const bool has_body = asked != http::Method::Head && http::allows_body(response.status());
  if (!has_body) return answer;
  if (!response.body().is_stream()) {
    Bytes whole = response.body().take_bytes();
    static_cast<void>(answer->headers.set(http::HeaderName::ContentLength, std::to_string(whole.size())));
    answer->body = std::make_unique<WholeBody>(std::move(whole));
    return answer;
  }
  auto [out, pieces] = sync::mpsc<Produced>(1);
  task::JoinHandle<void> producing =
      task::spawn(produce(response.body().take_producer(), std::move(response.trailers()), std::move(out),
                          std::move(after_end), std::move(keeps)));
  answer->body = std::make_unique<ProducedBody>(std::move(pieces), std::move(producing));
  return answer;
}

task::Task<Result<Bytes, Failure>> ProducedBody::next(Instant deadline) {
  if (failure_) co_return *failure_;
  if (ended_) co_return Bytes();
  auto produced = co_await time::timeout_at(deadline, pieces_.recv());
  if (!produced) {
    failure_ = Failure{.kind = ErrorKind::TotalTimeout, .phase = Phase::Body, .cause = "its time is over", .sent = Sent::Yes};
    co_return *failure_;
  }
  if (!*produced || (*produced)->error) {
    failure_ = Failure{.kind = ErrorKind::BodyTruncated,
                       .phase = Phase::Body,
                       .cause = *produced ? (*produced)->error->message() : "the handler was ended",
                       .sent = Sent::Yes,
                       .answered = true};
    co_return *failure_;
  }
  Produced& next = **produced;
  if (next.piece.empty()) {
    ended_ = true;
    trailers_ = std::move(next.trailers);
  }
  co_return std::move(next.piece);
}

}  // namespace rondeau::client
