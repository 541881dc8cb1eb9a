#include "server/exchange.h"

#include <utility>

namespace rondeau::server {

/// What a worker keeps to lend out, the last one first: it is the warmest.
class ExchangeStore {
 public:
  std::unique_ptr<Exchange> take() noexcept;
  void put(std::unique_ptr<Exchange> exchange) noexcept;

 private:
  std::unique_ptr<Exchange> first_;
  std::size_t count_ = 0;
};

namespace {

// 64 of about 20 KiB: more than a worker has at work at once, unless handlers wait.
constexpr std::size_t kStored = 64;
constexpr std::size_t kLargestOutput = 64 * 1024;

thread_local constinit ExchangeStore store_of_thread;

}  // namespace

Exchange::Exchange(Shared& server) : limits_(server.limits), server_id_(server.id) {
  block_.limits = &limits_;
  block_.show_details = server.show_details;
  block_.drain = server.drain;
  block_.host = &server;
}

void Exchange::detach() noexcept {
  Shared& server = connection_->server();
  if (server.cutting.load(std::memory_order_relaxed) && (!answer_.is_empty() || has_unsent())) {
    server.cut.add(CutRequest::Kind::Request, block_, began_);
  }
  began_ = Instant();
  connection_ = nullptr;
  block_.peer = nullptr;
  answer_.clear();
  drop_unsent();
  upgrade_.reset();
  if (output_.capacity() > kLargestOutput) output_.release();
  input_.reset();
  if (fresh_) return;
  block_.reset();
  body_.reset();
  parser_.next();
  fresh_ = true;
}

std::unique_ptr<Exchange> ExchangeStore::take() noexcept {
  std::unique_ptr<Exchange> taken = std::move(first_);
  if (taken != nullptr) {
    first_ = std::move(taken->next_stored_);
    --count_;
  }
  return taken;
}

void ExchangeStore::put(std::unique_ptr<Exchange> exchange) noexcept {
  if (count_ == kStored) return;
  exchange->next_stored_ = std::move(first_);
  first_ = std::move(exchange);
  ++count_;
}

// Neither is inlined into a coroutine, which may go on on another thread.
[[gnu::noinline]] std::unique_ptr<Exchange> borrow_exchange(Shared& server) {
  ExchangeStore& store = store_of_thread;
  std::unique_ptr<Exchange> stored = store.take();
  // What a server that is gone has left is dropped on the way.
  while (stored != nullptr && stored->server_id() != server.id) stored = store.take();
  return stored != nullptr ? std::move(stored) : std::make_unique<Exchange>(server);
}

[[gnu::noinline]] void give_back(std::unique_ptr<Exchange> exchange) noexcept {
  exchange->detach();
  store_of_thread.put(std::move(exchange));
}

}  // namespace rondeau::server
