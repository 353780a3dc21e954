// An NVML with one device, "0000:17:00.0", that cannot read its energy and runs hot.
#include <cstring>

namespace {

constexpr int success = 0, not_supported = 3, not_found = 6;
int the_device = 0;
int initialised = 0;

int write(char* text, unsigned size, const char* value) {
  std::strncpy(text, value, size);
  return success;
}

}  // namespace

extern "C" {

int nvmlInit_v2() {
  ++initialised;
  return success;
}
int nvmlShutdown() {
  --initialised;
  return success;
}
// Not NVML's: how many more times it was initialised than shut down.
int fake_nvml_initialised() { return initialised; }

const char* nvmlErrorString(int status) { return status == not_found ? "Not Found" : "Some Error"; }
int nvmlSystemGetDriverVersion(char* text, unsigned size) { return write(text, size, "580.65.06"); }
int nvmlDeviceGetHandleByPciBusId_v2(const char* bus_id, void** device) {
  if (std::strcmp(bus_id, "0000:17:00.0") != 0) return not_found;
  *device = &the_device;
  return success;
}
int nvmlDeviceGetName(void*, char* text, unsigned size) { return write(text, size, "NVIDIA Fake"); }
int nvmlDeviceGetPersistenceMode(void*, int* mode) {
  *mode = 1;
  return success;
}
int nvmlDeviceGetClockInfo(void*, int type, unsigned* megahertz) {
  *megahertz = type == 1 ? 1980 : type == 2 ? 3201 : 0;
  return success;
}
// The older name of nvmlDeviceGetCurrentClocksEventReasons.
int nvmlDeviceGetCurrentClocksThrottleReasons(void*, unsigned long long* reasons) {
  *reasons = 0x24;
  return success;
}
int nvmlDeviceGetTemperature(void*, int, unsigned* celsius) {
  *celsius = 88;
  return success;
}
int nvmlDeviceGetPowerUsage(void* device, unsigned* milliwatts) {
  *milliwatts = device == &the_device ? 698500 : 0;
  return success;
}
int nvmlDeviceGetTotalEnergyConsumption(void*, unsigned long long*) { return not_supported; }

}  // extern "C"
