// Chain: one route's layers and its handler, in the order they run. Built by routing, constant afterwards.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <rondeau/handler/erased_handler.h>
#include <rondeau/handler/layer.h>

namespace rondeau::handler {

/// Runs a request through layers and handler without knowing any of their types.
///
/// Thread safety: any thread; it is never changed. Lifetime: outlives the requests in it.
class Chain {
 public:
  struct Link {
    std::shared_ptr<const ErasedLayer> layer;
    void* state = nullptr;  ///< of the router that the layer was given to
  };

  Chain() = default;
  /// `handler` outlives the chain.
  Chain(std::vector<Link> layers, const ErasedHandler& handler, void* state, std::optional<std::size_t> body_limit);
  Chain(const Chain&) = delete;
  Chain& operator=(const Chain&) = delete;
  Chain(Chain&&) = default;
  Chain& operator=(Chain&&) = default;

  /// Goes on from `position`. Fills `out`, which is empty before. The block outlives the answer.
  ///
  /// What layers with before() and after() and a handler that is no coroutine do costs no frame.
  void run(std::uint32_t position, http::RequestBlock& block, ResponseFuture& out) const;
  /// The same for a request that owns its block; it is kept until the answer's head is there.
  task::Task<http::Response> run_owned(std::uint32_t position, http::Request request) const;

 private:
  struct Progress;
  void descend(Progress& progress, http::RequestBlock& block, ResponseFuture& out) const;
  void call_handler(http::RequestBlock& block, ResponseFuture& out) const;
  void ascend(std::uint32_t from, std::uint32_t to, http::RequestBlock& block, http::Response& response) const;
  void wrap(const Progress& progress, http::RequestBlock& block, ResponseFuture& out) const;
  http::Response recover(const Progress& progress, http::RequestBlock& block) const;
  bool bound_body(http::RequestBlock& block) const;

  task::Task<http::Response> finish(task::Task<http::Response> inner, Progress progress,
                                    http::RequestBlock& block) const;
  task::Task<http::Response> take_steps_first(http::RequestBlock& block) const;

  struct After {
    std::uint32_t position;
    void (*run)(const void* layer, const http::Request& request, http::Response& response);
    const void* layer;
  };

  std::vector<Link> layers_;
  std::vector<After> afters_;  // of those layers that look at the answer, in their order
  const ErasedHandler* handler_ = nullptr;
  void* state_ = nullptr;
  std::optional<std::size_t> body_limit_;
  bool has_wrap_ = false;
  bool goes_straight_ = true;  // none does anything on the way down
  std::uint32_t catcher_ = 0;  // the innermost that takes exceptions, or none
};

}  // namespace rondeau::handler
