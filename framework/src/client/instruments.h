// Instruments: what a client tells a registry of its calls.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <rondeau/base/instant.h>
#include <rondeau/client/error.h>
#include <rondeau/http/method.h>
#include <rondeau/observe/metrics.h>

namespace rondeau::client {

/// Thread safety: any thread.
class Instruments {
 public:
  explicit Instruments(std::shared_ptr<observe::Registry> registry);

  /// One call. Destroyed before it was told how that ended: it was given up.
  class Measured {
   public:
    /// `instruments` may be null: then nothing is counted. Lifetime: it outlives this.
    Measured(const Instruments* instruments, http::Method method, std::string server);
    Measured(const Measured&) = delete;
    Measured& operator=(const Measured&) = delete;
    ~Measured() {
      if (instruments_ != nullptr) record("", "cancelled", 0);
    }
    /// `requests`: sent for it in all, redirections included.
    void answered(http::StatusCode status, unsigned requests);
    void failed(const Error& error, unsigned requests);

   private:
    void record(std::string_view status, std::string_view error, unsigned requests);

    const Instruments* instruments_;
    const std::string_view method_;
    const std::string server_;
    const Instant began_ = Instant::now();
  };

 private:
  const std::shared_ptr<observe::Registry> registry_;
  observe::Family<observe::Histogram>& duration_;
  observe::Family<observe::Counter>& attempts_;
  observe::Family<observe::Gauge>& active_;
};

}  // namespace rondeau::client
