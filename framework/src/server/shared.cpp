#include "server/shared.h"

#include "server/after_answer.h"

namespace rondeau::server {

void Shared::give_up(http::Response response) noexcept {
  const AfterAnswer begins(*this, response);
}

}  // namespace rondeau::server
