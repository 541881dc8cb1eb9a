#include <rondeau/middleware/early_drop.h>

#include <rondeau/task/context.h>

namespace rondeau::middleware {
namespace {

class Watch {
 public:
  Watch(const OnEarlyDrop& told, const http::Request& request) noexcept : told_(&told), request_(request) {}
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch() {
    if (told_ != nullptr) told_->hook({request_, began_.elapsed(), task::Context::cancel_reason()});
  }
  void end() noexcept { told_ = nullptr; }

 private:
  const OnEarlyDrop* told_;
  const http::Request& request_;
  base::Instant began_ = base::Instant::now();
};

}  // namespace

task::Task<http::Response> OnEarlyDrop::wrap(task::Task<http::Response> inside, http::Request request) const {
  Watch watch(*this, request);
  try {
    http::Response response = co_await std::move(inside);
    watch.end();
    co_return response;
  } catch (...) {
    watch.end();  // Catch makes an answer of it
    throw;
  }
}

}  // namespace rondeau::middleware
