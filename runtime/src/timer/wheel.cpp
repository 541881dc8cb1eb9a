#include "timer/wheel.h"

#include "timer/wheel_inl.h"

namespace rondeau::timer {

template class BasicWheel<detail::StdAtomics>;

}  // namespace rondeau::timer
