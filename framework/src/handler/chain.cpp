// How a request goes down through the layers to the handler, and its answer up again.
#include <rondeau/handler/chain.h>

#include <exception>
#include <new>

#include <rondeau/base/assert.h>
#include <rondeau/http/body.h>
#include <rondeau/response/problem.h>
#include <rondeau/task/context.h>

namespace rondeau::handler {
namespace {

constexpr std::uint32_t kNone = ~std::uint32_t{0};

}  // namespace

/// How far down one run came. Layers from `from` up to `reached` have work to do with the answer.
struct Chain::Progress {
  std::uint32_t from = 0;
  std::uint32_t reached = 0;
  std::uint32_t catcher = kNone;  ///< the innermost layer passed that takes exceptions

  /// Below it, exceptions are the catcher's.
  std::uint32_t guarded_from() const noexcept { return catcher == kNone ? from : catcher; }
};

Chain::Chain(std::vector<Link> layers, const ErasedHandler& handler, void* state, std::optional<std::size_t> body_limit)
    : layers_(std::move(layers)), handler_(&handler), state_(state), body_limit_(body_limit), catcher_(kNone) {
  for (std::uint32_t i = 0; i < layers_.size(); ++i) {
    const LayerTable& table = *layers_[i].layer->table;
    if (table.after != nullptr) afters_.push_back({i, table.after, layers_[i].layer->layer});
    has_wrap_ |= table.wrap != nullptr;
    goes_straight_ &= table.before == nullptr && table.around == nullptr;
    if (table.caught != nullptr) catcher_ = i;
  }
}

void Chain::run(std::uint32_t position, http::RequestBlock& block, ResponseFuture& out) const {
  Progress progress{position, position, kNone};
  try {
    descend(progress, block, out);
    if (out.is_ready()) ascend(progress.guarded_from(), progress.reached, block, out.response());
  } catch (...) {
    if (progress.catcher == kNone) throw;
    out.clear();
    ::new (out.room()) http::Response(recover(progress, block));
    out.filled();
  }
  if (out.is_ready()) {
    if (progress.catcher != kNone && progress.catcher > progress.from) {
      ascend(progress.from, progress.catcher, block, out.response());
    }
    return;
  }
  if (has_wrap_) wrap(progress, block, out);
  if (progress.catcher != kNone || (!afters_.empty() && progress.reached > progress.from)) {
    out.set(finish(std::move(out).into_task(), progress, block));
  }
}

task::Task<http::Response> Chain::run_owned(std::uint32_t position, http::Request request) const {
  ResponseFuture rest;
  run(position, request.block(), rest);
  co_return co_await rest;
}

[[gnu::always_inline]] inline void Chain::descend(Progress& progress, http::RequestBlock& block, ResponseFuture& out) const {
  if (goes_straight_ && progress.from == 0) {
    progress.reached = static_cast<std::uint32_t>(layers_.size());
    progress.catcher = catcher_;
    return call_handler(block, out);
  }
  const Link* const first = layers_.data();
  for (const Link* at = first + progress.reached; at != first + layers_.size(); ++at, ++progress.reached) {
    const Link& link = *at;
    const LayerTable& table = *link.layer->table;
    if (table.around != nullptr) {
      extract::Context context(block, link.state);
      return table.around(link.layer->layer, context, Next(*this, progress.reached + 1), out);
    }
    if (table.caught != nullptr) progress.catcher = progress.reached;
    if (table.before != nullptr) {
      http::Request request(block);
      if (!table.before(link.layer->layer, request, out)) return;
    }
  }
  call_handler(block, out);
}

void Chain::ascend(std::uint32_t from, std::uint32_t to, http::RequestBlock& block, http::Response& response) const {
  const http::Request request(block);
  const After* const first = afters_.data();
  for (const After* at = first + afters_.size(); at != first;) {
    --at;
    if (at->position < from) return;
    if (at->position < to) at->run(at->layer, request, response);
  }
}

void Chain::wrap(const Progress& progress, http::RequestBlock& block, ResponseFuture& out) const {
  for (std::uint32_t i = progress.reached; i-- > progress.from;) {
    const ErasedLayer& layer = *layers_[i].layer;
    if (layer.table->wrap == nullptr) continue;
    out.set(layer.table->wrap(layer.layer, std::move(out).into_task(), http::Request(block)));
  }
}

http::Response Chain::recover(const Progress& progress, http::RequestBlock& block) const {
  const ErasedLayer& catcher = *layers_[progress.catcher].layer;
  const http::Request request(block);
  http::Response response = catcher.table->caught(catcher.layer, request, std::current_exception());
  for (std::uint32_t i = progress.reached; i-- > progress.catcher + 1;) {
    const ErasedLayer& layer = *layers_[i].layer;
    if (layer.table->after_caught) layer.table->after(layer.layer, request, response);
  }
  return response;
}

/// The same way up, once the answer is there.
task::Task<http::Response> Chain::finish(task::Task<http::Response> inner, Progress progress,
                                         http::RequestBlock& block) const {
  http::Response response;
  try {
    response = co_await std::move(inner);
    ascend(progress.guarded_from(), progress.reached, block, response);
  } catch (...) {
    if (progress.catcher == kNone) throw;
    response = recover(progress, block);
  }
  if (progress.catcher != kNone) ascend(progress.from, progress.catcher, block, response);
  co_return response;
}

/// False: the body is known to be longer than the handler may have it.
bool Chain::bound_body(http::RequestBlock& block) const {
  const HandlerInfo& info = handler_->info();
  if (!info.buffers_body && !info.streams_body) return true;
  if (body_limit_) return block.body.set_limit(*body_limit_);
  const http::Limits& limits = http::Request(block).limits();
  if (info.buffers_body) return !block.body.is_longer_than(limits.max_buffered_body);
  return !limits.max_streamed_body || !block.body.is_longer_than(*limits.max_streamed_body);
}

namespace {

http::Response too_large(http::RequestBlock& block) {
  return response::Problem(http::StatusCode::ContentTooLarge).into_response(http::Request(block));
}

}  // namespace

void Chain::call_handler(http::RequestBlock& block, ResponseFuture& out) const {
  const HandlerInfo& info = handler_->info();
  if (info.needs_steps) {
    const bool buffers = info.buffers_body && !block.body.is_buffered();
    if (buffers || info.waits) return out.set(take_steps_first(block));
    if (!bound_body(block)) return out.set(too_large(block));
  }
  extract::Context context(block, state_);
  if (!block.trace) return (*handler_)(context, out);
  // What does not wait runs here, outside of what Trace puts around a task.
  task::Context::current().with_trace(block.trace).sync_scope([&] { (*handler_)(context, out); });
}

/// The body into memory, then the parameters, among them those that have to wait.
task::Task<http::Response> Chain::take_steps_first(http::RequestBlock& block) const {
  if (!bound_body(block)) co_return too_large(block);
  if (handler_->info().buffers_body) {
    const std::size_t limit = body_limit_.value_or(http::Request(block).limits().max_buffered_body);
    if (auto read = co_await block.body.buffer(limit); !read) {
      const http::StatusCode status = http::status_of_body_error(read.error());
      co_return response::Problem(status).into_response(http::Request(block));
    }
  }
  ResponseFuture answer;
  if (handler_->info().waits) {
    co_await handler_->call_waiting(block, state_, answer);
  } else {
    extract::Context context(block, state_);
    (*handler_)(context, answer);
  }
  co_return co_await answer;
}

ResponseFuture Next::operator()(http::Request request) {
  const Chain* chain = std::exchange(chain_, nullptr);
  if (chain == nullptr) base::fail("a middleware calls next once; to retry, own() the request and dispatch it anew");
  ResponseFuture out;
  if (request.is_owned()) {
    out.set(chain->run_owned(position_, std::move(request)));
  } else {
    chain->run(position_, request.block(), out);
  }
  return out;
}

}  // namespace rondeau::handler
