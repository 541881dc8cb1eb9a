// Layers: what stands around handlers. Their order, the erased form, and the handle by which one goes on to the next.
#pragma once

#include <cstdint>
#include <exception>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondeau/base/instant.h>
#include <rondeau/base/result.h>
#include <rondeau/extract/context.h>
#include <rondeau/handler/erased_handler.h>
#include <rondeau/handler/response_future.h>
#include <rondeau/schema/operation.h>

namespace rondeau::handler {

/// The places of layers, outermost first. A layer of yours stands in User unless it is given another.
enum class Slot : std::uint8_t {
  Metrics,
  Trace,
  RequestId,
  AccessLog,  ///< outside of Catch, so that a 500 is logged
  Catch,
  Cors,  ///< outside of Admission, so that a page can read a 503; before Auth, since preflights carry no credentials
  SecurityHeaders,
  Admission,
  Deadline,  ///< also the timeout: inside of Admission, so that queueing is counted
  Csrf,
  RateLimit,  ///< by address
  Auth,
  IdentityRateLimit,
  Idempotency,  ///< after Auth, so that keys belong to an identity
  Cache,
  Decompress,
  Compress,
  User,
};

class Chain;

/// The rest of the way to the handler. Callable once; a layer that does not call it answers by itself.
class Next {
 public:
  Next(const Chain& chain, std::uint32_t position) noexcept : chain_(&chain), position_(position) {}
  Next(Next&& other) noexcept : chain_(std::exchange(other.chain_, nullptr)), position_(other.position_) {}
  Next& operator=(Next&& other) noexcept {
    chain_ = std::exchange(other.chain_, nullptr);
    position_ = other.position_;
    return *this;
  }

  /// `Response response = co_await next(std::move(request));` A second call aborts.
  ///
  /// The request may be another one than came in; one that owns itself lives until the answer's head is there.
  ResponseFuture operator()(http::Request request);

 private:
  const Chain* chain_;
  std::uint32_t position_;
};

/// A layer without its type. Either `around` is set, or any of the others.
struct LayerTable {
  /// False: it answered itself, in `out`.
  bool (*before)(const void* layer, http::Request& request, ResponseFuture& out) = nullptr;
  void (*after)(const void* layer, const http::Request& request, http::Response& response) = nullptr;
  void (*around)(const void* layer, extract::Context& context, Next next, ResponseFuture& out) = nullptr;
  /// Stands around what is inside when that has to wait, and only then.
  task::Task<http::Response> (*wrap)(const void* layer, task::Task<http::Response> inside,
                                     http::Request request) = nullptr;
  /// What an exception from inside becomes.
  http::Response (*caught)(const void* layer, const http::Request& request, std::exception_ptr thrown) = nullptr;
  /// How long it lets what is inside take, in the place of Limits::handler.
  base::Duration (*handler_limit)(const void* layer) = nullptr;
  /// What is wrong with its settings: an error of build().
  Result<void> (*check)(const void* layer) = nullptr;
  /// What is legal in its settings and seldom meant, a sentence each, without a subject: for Dispatcher::lint().
  std::vector<std::string> (*remarks)(const void* layer) = nullptr;
  void (*destroy)(const void* layer) = nullptr;
  const void* state = nullptr;     ///< type key of the state it was compiled against
  const void* provides = nullptr;  ///< type key of the Extension it inserts
  bool needs_state = false;
  bool after_caught = false;  ///< after() also sees what a Catch outside of it made of an exception
  bool routers_only = false;  ///< around one route it would not see what it is for
  std::string_view name;                                ///< of its class; empty for functions and closures
  std::span<const ParameterInfo* const> parameters;     ///< its extractors
  void (*describe)(const void* layer, schema::Operation& operation) = nullptr;
};

/// A layer as a router keeps it.
class ErasedLayer {
 public:
  ErasedLayer(const void* layer, const LayerTable& table, Slot slot, std::source_location where) noexcept
      : table(&table), layer(layer), slot(slot), where(where) {}
  ErasedLayer(const ErasedLayer&) = delete;
  ErasedLayer& operator=(const ErasedLayer&) = delete;
  ~ErasedLayer() {
    if (table->destroy != nullptr) table->destroy(layer);
  }

  const LayerTable* const table;
  const void* const layer;
  const Slot slot;
  const std::source_location where;
};

/// What it adds to the operations inside of it.
void describe(const ErasedLayer& layer, schema::Operation& operation);

}  // namespace rondeau::handler

namespace rondeau {
using handler::Next;
using handler::Slot;
}  // namespace rondeau
