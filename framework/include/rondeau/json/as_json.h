// Json<T>: a value that travels as JSON, into a handler and out of it.
#pragma once

#include <memory>
#include <utility>

namespace rondeau::json {

/// A plain struct, or anything else with a JSON form; used like a pointer to it. `co_return Json{user};`
template <class T>
struct Json {
  T value;

  T& operator*() & noexcept { return value; }
  const T& operator*() const& noexcept { return value; }
  T&& operator*() && noexcept { return std::move(value); }
  T* operator->() noexcept { return std::addressof(value); }
  const T* operator->() const noexcept { return std::addressof(value); }
};
template <class T>
Json(T) -> Json<T>;

}  // namespace rondeau::json

namespace rondeau {
using json::Json;
}  // namespace rondeau
