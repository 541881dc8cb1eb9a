#include <memory>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/base/bytes.h>

using namespace rondeau;

namespace {

class CountingOwner final : public base::BytesOwner {
 public:
  explicit CountingOwner(int& destroyed) : destroyed_(destroyed) {}
  ~CountingOwner() override { ++destroyed_; }
  std::string text = "lent memory";

 private:
  int& destroyed_;
};

}  // namespace

TEST_CASE("base: copies and slices of Bytes share one memory, which lives as long as the last of them") {
  Bytes slice;
  const char* where = nullptr;
  {
    Bytes whole(std::string(1000, 'a') + "tail");
    Bytes copy = whole;
    CHECK(copy.data() == whole.data());
    slice = copy.slice(1000);
    where = whole.data();
  }
  CHECK(slice.view() == "tail");
  CHECK(slice.data() == where + 1000);
  CHECK(slice.slice(1, 2).view() == "ai");
  CHECK(slice.slice(4).empty());
  CHECK(slice.slice(2, 100).view() == "il");
}

TEST_CASE("base: Bytes of static memory refer to it") {
  static constexpr std::string_view text = "static";
  Bytes bytes = Bytes::from_static(text);
  CHECK(bytes.data() == text.data());
  CHECK(bytes.slice(2).data() == text.data() + 2);
}

TEST_CASE("base: a long string is taken over, a short one copied") {
  std::string text(5000, 'x');
  const char* where = text.data();
  CHECK(Bytes(std::move(text)).data() == where);
  CHECK(Bytes(std::string("short")).view() == "short");
  CHECK(Bytes(std::string()).empty());
  CHECK(Bytes::copy_of(std::string_view()).empty());
}

TEST_CASE("base: lent memory is given back with the last Bytes, once") {
  int destroyed = 0;
  {
    auto* owner = new CountingOwner(destroyed);
    Bytes bytes = Bytes::adopt(owner->text, owner);
    Bytes moved = std::move(bytes);
    CHECK(bytes.empty());
    Bytes slice = moved.slice(5);
    moved = Bytes();
    CHECK(destroyed == 0);
    CHECK(slice.view() == "memory");
    slice = slice.slice(0, 3);
    CHECK(slice == Bytes::from_static("mem"));
    CHECK(destroyed == 0);
  }
  CHECK(destroyed == 1);
}
