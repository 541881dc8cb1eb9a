#include <rondeau/base/buggify.h>

#include <utility>

namespace rondeau::base {
namespace {

constinit thread_local Buggifier* buggifier_of_thread = nullptr;

}  // namespace

[[gnu::noinline]] Buggifier* set_buggifier(Buggifier* buggifier) noexcept {
  return std::exchange(buggifier_of_thread, buggifier);
}

[[gnu::noinline]] bool buggify(std::string_view place) noexcept {
  return buggifier_of_thread != nullptr && buggifier_of_thread->takes(place);
}

}  // namespace rondeau::base
