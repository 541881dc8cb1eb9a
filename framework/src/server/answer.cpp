// The answer: as much as can be sent at once goes behind what is there already; the rest takes its time.
#include <utility>

#include <rondeau/response/unhandled.h>

#include "server/exchange.h"
#include "server/refusals.h"
#include "server/response_stream.h"

namespace rondeau::server {
namespace {

/// Longer bodies are sent from where they lie.
constexpr std::size_t kCopied = 8 * 1024;

const Instant kNoDeadline = Instant::far_future();

}  // namespace

bool Exchange::append_answer(http::Response& response) {
  if (body_.failed()) replace_by_refusal(response);
  if (broken_) return true;
  if (response.is_upgrade() && is_draining()) {
    response = refuse(http::StatusCode::ServiceUnavailable, "shutting-down");
  } else if (response.is_upgrade() && !may_upgrade()) {
    const Error why(Errc::InvalidData, "response: an upgrade nobody asked for, or before the body was read");
    response = replace_faulty(http::Request(block_), why);
  }
  http::AnswerContext context{block_.head.method, block_.head.version, may_keep_alive(), date_.at(now_),
                              connection_->server().name};
  context.trailers = (response.has_trailers() || response.body().is_stream()) && takes_trailers();
  block_.informer = nullptr;
  auto encoded = http::encode_head(output_, response, context);
  if (!encoded) {
    response = replace_faulty(http::Request(block_), encoded.error());
    encoded = http::encode_head(output_, response, context);
  }
  if (response.is_upgrade()) upgrade_ = response.take_upgrade();
  encoded_ = *encoded;
  keep_alive_ = encoded_.keep_alive;
  const bool body_is_over = body_.finished() || !keep_alive_;
  switch (encoded_.mode) {
    case http::BodyMode::None:
      return body_is_over;
    case http::BodyMode::Whole:
      if (response.body().view().size() <= kCopied) {
        output_.append(response.body().view());
        return body_is_over;
      }
      tail_ = response.body().view();
      return push() && body_is_over;
    default:
      return false;
  }
}

/// Before 101 no byte is the new protocol's, and after it none is HTTP's.
bool Exchange::may_upgrade() const noexcept {
  return block_.head.wants_upgrade && block_.head.method == http::Method::Get && body_.finished();
}

bool Exchange::takes_trailers() const noexcept {
  return block_.head.version == http::Version::Http11 &&
         http::RequestHeaders(block_.head).list_contains(http::HeaderName::Te, "trailers");
}

void Exchange::early_hints(const http::Headers& fields) {
  http::append_early_hints(output_, fields);
}

/// A body that broke off cannot be answered by the handler, which did not know.
void Exchange::replace_by_refusal(http::Response& response) {
  keep_alive_ = false;
  switch (body_.failure()) {
    case RequestBody::Failure::Refused:
      response = refuse(parser_.refusal().status, to_string(parser_.refusal().reason));
      return;
    case RequestBody::Failure::TooSlow:
      response = refuse(http::StatusCode::RequestTimeout, "body-too-slow");
      return;
    default:
      broken_ = true;  // nobody is there to be told
  }
}

bool Exchange::body_may_end() noexcept {
  // Who was not asked for the body may send it or not: there is no telling what comes next.
  if (body_.unasked()) return false;
  if (body_.drop_what_is_here()) return true;
  const std::optional<std::uint64_t> left = body_.remaining();
  // Of a chunked body the end may still come in time.
  return !body_.failed() && (!left || *left <= limits_.max_drain);
}

task::Task<void> Exchange::finish_answer(http::Response& response) {
  using http::BodyMode;
  if (began_ == Instant()) began_ = Instant::now();
  if (!tail_.empty()) {
    co_await flush();
  } else if (encoded_.mode != BodyMode::None && encoded_.mode != BodyMode::Whole) {
    co_await send_stream(response);
  }
  if (broken_ || !keep_alive_ || body_.finished()) co_return;
  co_await flush();
  if (!broken_ && !co_await body_.drop_rest(limits_.max_drain, limits_.drain)) keep_alive_ = false;
}

task::Task<void> Exchange::send_stream(http::Response& response) {
  const std::unique_ptr<http::BodyProducer> producer = response.body().take_producer();
  ResponseStream stream(*this, encoded_);
  if (response.has_trailers()) stream.trailers() = std::move(response.trailers());
  bool complete = false;
  try {
    task::Task<Result<void>> body = producer ? producer->produce(stream) : stream.write(response.body().take_bytes());
    auto produced = co_await time::supervise(supervision(kNoDeadline), std::move(body));
    const bool was_broken = broken_;  // by the peer, who left
    complete = produced && *produced && stream.finish();
    if (produced && !complete && !was_broken) {
      tell_broken(connection_->server(), block_, *produced ? "its body ended early" : produced->error().message());
    }
  } catch (...) {
    response::print_unhandled(http::Request(block_), response::describe_exception(std::current_exception()));
  }
  if (complete) co_return;
  // The peer has to see that something is missing: no last chunk, and no clean end where the end tells the length.
  if (!stream.in_piece()) co_await flush();
  cut_answer();
}

void Exchange::cut_answer() noexcept {
  drop_unsent();
  broken_ = true;
  if (encoded_.mode == http::BodyMode::UntilClose) connection_->reset_on_close();
}

std::unique_ptr<Upgraded> Exchange::take_upgraded() {
  connection_->count_answers();
  answer_.clear();
  return std::make_unique<Upgraded>(*connection_, std::move(upgrade_), std::string(input_.view()), block_);
}

}  // namespace rondeau::server
