#include <rondeau/extract/either.h>

namespace rondeau::extract {

bool gives_way(const Rejection& rejection) noexcept {
  return rejection.absent || rejection.status == http::StatusCode::UnsupportedMediaType;
}

void keep_weightier(Rejection& last, Rejection first) noexcept {
  const bool of_type = first.status == http::StatusCode::UnsupportedMediaType;
  if (of_type && last.status != http::StatusCode::UnsupportedMediaType) last = std::move(first);
}

}  // namespace rondeau::extract
