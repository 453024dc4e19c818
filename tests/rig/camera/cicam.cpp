/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cicam.so - a camera made of software for libcamera, loaded as a plug-in.
 *
 * An out-of-tree libcamera pipeline handler: LD_PRELOAD it (or ctypes.CDLL it
 * before the CameraManager starts) and the application sees one camera that
 * looks like a Raspberry Pi CSI camera to picamera2:
 *   - main + lores (YUV420, NV12, XBGR8888, XRGB8888, BGR888, RGB888, any even
 *     size up to the sensor's) + a raw stream, strides padded like the Pi ISP's
 *   - paced by the FrameDurationLimits control; a tick without a queued request
 *     is a dropped frame (the sequence number jumps), as on the sensor
 *   - SensorTimestamp (CLOCK_MONOTONIC ns), FrameWallClock, FrameDuration,
 *     ExposureTime, gains, Lux, ColourTemperature, SensorTemperature metadata
 *   - each picture carries its own sequence number and time as a bar code and
 *     turns white for the first 100 ms of each wall-clock second
 *   - faults on demand by the text in the file $CICAM_CONTROL (read when it
 *     changes):  ok | stall | stick (stall until started anew) | freeze | black |
 *     error | drop <percent> | slow <factor> | lux <how bright it is>
 *
 * Environment: CICAM_SENSOR=4608x2592, CICAM_MODEL=imx708, CICAM_COUNT=1,
 * CICAM_SOURCE=<raw I420 clip>:<w>x<h> (played in a loop for streams of just
 * that size), CICAM_CONTROL=<file>.
 *
 * Built against libcamera 0.7 internal headers; see tests/rig/build.py.
 */
#include <libcamera/base/log.h>
#include <libcamera/base/timer.h>
#include <libcamera/base/utils.h>
#include <libcamera/camera.h>
#include <libcamera/control_ids.h>
#include <libcamera/formats.h>
#include <libcamera/property_ids.h>
#include <libcamera/stream.h>

#include "libcamera/internal/camera.h"
#include "libcamera/internal/camera_manager.h"
#include "libcamera/internal/dma_buf_allocator.h"
#include "libcamera/internal/formats.h"
#include "libcamera/internal/framebuffer.h"
#include "libcamera/internal/pipeline_handler.h"
#include "libcamera/internal/request.h"

#include <libyuv.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fcntl.h>
#include <fstream>
#include <map>
#include <memory>
#include <random>
#include <sstream>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <vector>

using namespace libcamera;
using namespace std::chrono_literals;

LOG_DEFINE_CATEGORY(CiCam)

namespace {

constexpr unsigned kStreams = 3; /* two processed + one raw */
constexpr unsigned kBarBits = 32;

const std::array<PixelFormat, 6> kOutFormats = {
	formats::YUV420, formats::NV12, formats::XBGR8888,
	formats::XRGB8888, formats::BGR888, formats::RGB888,
};
const std::array<PixelFormat, 2> kRawFormats = {
	formats::SBGGR10_CSI2P, formats::SBGGR10,
};

uint64_t nowNs(clockid_t id)
{
	timespec t;
	clock_gettime(id, &t);
	return uint64_t(t.tv_sec) * 1000000000ull + t.tv_nsec;
}

unsigned alignUp(unsigned v, unsigned a) { return (v + a - 1) / a * a; }

bool isRawFormat(const PixelFormat &f)
{
	return std::find(kRawFormats.begin(), kRawFormats.end(), f) != kRawFormats.end();
}

const char *env(const char *name, const char *dflt)
{
	const char *v = getenv(name);
	return v && *v ? v : dflt;
}

Size parseSize(const std::string &s)
{
	unsigned w = 0, h = 0;
	sscanf(s.c_str(), "%ux%u", &w, &h);
	return { w, h };
}

/* The picture: a scrolling texture, or a clip, as planar I420 of one size. */
class Scene
{
public:
	void setup(Size size)
	{
		if (size == size_)
			return;
		size_ = size;
		frame_.resize(size.width * size.height * 3 / 2);
		loadClip();
		if (clip_)
			return;
		/* Smooth blobs + fine grain: costs an encoder about what a street does. */
		std::mt19937 rnd(20240601);
		const unsigned w = size.width, h = size.height, gw = w / 32 + 2, gh = h / 32 + 2;
		std::vector<uint8_t> grid(gw * gh);
		for (auto &g : grid)
			g = 40 + rnd() % 160;
		texture_.resize(w * h * 3 / 2);
		for (unsigned y = 0; y < h; y++)
			for (unsigned x = 0; x < w; x++) {
				unsigned gx = x / 32, gy = y / 32, fx = x % 32, fy = y % 32;
				unsigned a = grid[gy * gw + gx] * (32 - fx) + grid[gy * gw + gx + 1] * fx;
				unsigned b = grid[(gy + 1) * gw + gx] * (32 - fx) + grid[(gy + 1) * gw + gx + 1] * fx;
				texture_[y * w + x] = (a * (32 - fy) + b * fy) / 1024 + rnd() % 12;
			}
		const unsigned cw = w / 2, ch = h / 2;
		for (unsigned y = 0; y < ch; y++)
			for (unsigned x = 0; x < cw; x++) {
				texture_[w * h + y * cw + x] = 128 + 48 * sin(x * 12.566 / cw) * sin(y * 6.283 / ch);
				texture_[w * h + (ch + y) * cw + x] = 128 + 48 * cos(x * 12.566 / cw) * cos(y * 3.142 / ch);
			}
	}

	const uint8_t *render(uint32_t seq, uint64_t wallNs, bool black)
	{
		const unsigned w = size_.width, h = size_.height;
		uint8_t *y = frame_.data();
		if (black) {
			memset(y, 16, w * h);
			memset(y + w * h, 128, w * h / 2);
		} else if (clip_) {
			memcpy(y, clip_ + (seq % clipFrames_) * frame_.size(), frame_.size());
		} else {
			scroll(texture_.data(), y, w, h, (seq * 4) % w);
			unsigned cw = w / 2, ch = h / 2, off = (seq * 2) % cw;
			scroll(texture_.data() + w * h, y + w * h, cw, ch, off);
			scroll(texture_.data() + w * h + cw * ch, y + w * h + cw * ch, cw, ch, off);
		}
		if (!black && (wallNs / 1000000) % 1000 < 100)
			for (unsigned r = h / 3; r < h * 2 / 3; r++)
				memset(y + r * w, 235, w);
		bars(seq, h - 2 * barHeight());
		bars(uint32_t(wallNs / 1000000), h - barHeight());
		return y;
	}

private:
	unsigned barHeight() const { return std::max(8u, size_.height / 45 & ~1u); }

	static void scroll(const uint8_t *src, uint8_t *dst, unsigned w, unsigned h, unsigned off)
	{
		for (unsigned r = 0; r < h; r++, src += w, dst += w) {
			memcpy(dst, src + off, w - off);
			memcpy(dst + w - off, src, off);
		}
	}

	/* 32 bits, most significant first, black = 0, white = 1. */
	void bars(uint32_t value, unsigned top)
	{
		const unsigned w = size_.width, h = size_.height, bw = w / kBarBits, bh = barHeight();
		for (unsigned r = top; r < top + bh; r++)
			for (unsigned b = 0; b < kBarBits; b++)
				memset(&frame_[r * w + b * bw], value >> (kBarBits - 1 - b) & 1 ? 235 : 16, bw);
		for (unsigned r = top / 2; r < (top + bh) / 2; r++)
			for (unsigned p = 0; p < 2; p++)
				memset(&frame_[w * h + p * w * h / 4 + r * (w / 2)], 128, w / 2);
	}

	void loadClip()
	{
		clip_ = nullptr;
		std::string s = env("CICAM_SOURCE", "");
		auto colon = s.rfind(':');
		if (colon == std::string::npos || parseSize(s.substr(colon + 1)) != size_)
			return;
		int fd = open(s.substr(0, colon).c_str(), O_RDONLY | O_CLOEXEC);
		struct stat st;
		if (fd < 0)
			return;
		if (!fstat(fd, &st) && st.st_size >= off_t(frame_.size())) {
			void *m = mmap(nullptr, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
			if (m != MAP_FAILED) {
				clip_ = static_cast<const uint8_t *>(m);
				clipFrames_ = st.st_size / frame_.size();
			}
		}
		close(fd);
	}

	Size size_;
	std::vector<uint8_t> texture_, frame_;
	const uint8_t *clip_ = nullptr;
	unsigned clipFrames_ = 1;
};

} /* namespace */

namespace libcamera {

class CiCameraData : public Camera::Private
{
public:
	CiCameraData(PipelineHandler *pipe) : Camera::Private(pipe) {}

	std::array<Stream, kStreams> streams;
	std::array<Scene, kStreams> scenes;
	std::vector<Size> rawSizes;
	Size sensor;
	Rectangle crop;
	std::unique_ptr<Timer> timer;
	std::chrono::steady_clock::time_point next;
	std::chrono::microseconds frameDuration{ 33333 };
	uint32_t seq = 0, shown = 0, late = 0, starved = 0;
	uint64_t shownWall = 0; /* a frozen picture shows a frozen time */
	int32_t exposure = 0;
	float gain = 0;
};

class CiConfiguration : public CameraConfiguration
{
public:
	CiConfiguration(CiCameraData *data) : data_(data) {}

	Status validate() override
	{
		if (config_.empty())
			return Invalid;
		Status status = Valid;
		unsigned out = 0, raw = 0;
		if (sensorConfig) {
			if (!sensorConfig->isValid())
				return Invalid;
			auto &rs = data_->rawSizes;
			if (std::find(rs.begin(), rs.end(), sensorConfig->outputSize) == rs.end())
				return Invalid;
		}
		for (auto &cfg : config_) {
			const bool isRaw = isRawFormat(cfg.pixelFormat);
			if ((isRaw ? ++raw > 1 : ++out > 2))
				return Invalid;
			if (isRaw ? fixRaw(cfg) : fixOut(cfg))
				status = Adjusted;
			cfg.bufferCount = std::max(cfg.bufferCount, 1u);
		}
		return status;
	}

private:
	bool fixRaw(StreamConfiguration &cfg)
	{
		bool adjusted = false;
		auto best = *std::min_element(data_->rawSizes.begin(), data_->rawSizes.end(), [&](auto &a, auto &b) {
			auto d = [&](const Size &s) { return std::abs(int(s.width) - int(cfg.size.width)) + std::abs(int(s.height) - int(cfg.size.height)); };
			return d(a) < d(b);
		});
		if (best != cfg.size) {
			cfg.size = best;
			adjusted = true;
		}
		cfg.colorSpace = ColorSpace::Raw;
		cfg.stride = alignUp(cfg.pixelFormat == formats::SBGGR10 ? cfg.size.width * 2 : cfg.size.width * 5 / 4, 32);
		cfg.frameSize = cfg.stride * cfg.size.height;
		return adjusted;
	}

	bool fixOut(StreamConfiguration &cfg)
	{
		bool adjusted = false;
		Size s = cfg.size.boundedTo(data_->sensor).expandedTo({ 64, 64 });
		s.width &= ~1u;
		s.height &= ~1u;
		if (s != cfg.size) {
			cfg.size = s;
			adjusted = true;
		}
		if (std::find(kOutFormats.begin(), kOutFormats.end(), cfg.pixelFormat) == kOutFormats.end()) {
			cfg.pixelFormat = formats::YUV420;
			adjusted = true;
		}
		const bool yuv = cfg.pixelFormat == formats::YUV420 || cfg.pixelFormat == formats::NV12;
		if (!cfg.colorSpace) {
			cfg.colorSpace = ColorSpace::Sycc;
		} else if (!yuv) {
			ColorSpace cs = *cfg.colorSpace;
			cs.ycbcrEncoding = ColorSpace::YcbcrEncoding::None;
			cs.range = ColorSpace::Range::Full;
			cfg.colorSpace = cs;
		}
		const unsigned w = s.width, h = s.height;
		if (cfg.pixelFormat == formats::YUV420)
			cfg.stride = alignUp(w, 128), cfg.frameSize = cfg.stride * h * 3 / 2;
		else if (cfg.pixelFormat == formats::NV12)
			cfg.stride = alignUp(w, 64), cfg.frameSize = cfg.stride * h * 3 / 2;
		else if (cfg.pixelFormat == formats::BGR888 || cfg.pixelFormat == formats::RGB888)
			cfg.stride = alignUp(w * 3, 64), cfg.frameSize = cfg.stride * h;
		else
			cfg.stride = alignUp(w * 4, 64), cfg.frameSize = cfg.stride * h;
		return adjusted;
	}

	CiCameraData *data_;
};

class PipelineHandlerCiCam : public PipelineHandler
{
public:
	PipelineHandlerCiCam(CameraManager *manager)
		: PipelineHandler(manager),
		  heap_(DmaBufAllocator::DmaBufAllocatorFlag::CmaHeap |
			DmaBufAllocator::DmaBufAllocatorFlag::SystemHeap |
			DmaBufAllocator::DmaBufAllocatorFlag::UDmaBuf)
	{
	}

	~PipelineHandlerCiCam()
	{
		if (matched_)
			taken_ = false;
	}

	bool match(DeviceEnumerator *) override
	{
		if (taken_)
			return false;
		taken_ = matched_ = true;
		for (int i = 0; i < atoi(env("CICAM_COUNT", "1")); i++)
			addCamera(i);
		return true;
	}

	std::unique_ptr<CameraConfiguration> generateConfiguration(Camera *camera, Span<const StreamRole> roles) override
	{
		CiCameraData *d = data(camera);
		auto config = std::make_unique<CiConfiguration>(d);
		for (StreamRole role : roles) {
			std::map<PixelFormat, std::vector<SizeRange>> fm;
			if (role == StreamRole::Raw) {
				for (auto &f : kRawFormats)
					for (auto &s : d->rawSizes)
						fm[f].push_back(SizeRange(s));
			} else {
				for (auto &f : kOutFormats)
					fm[f].push_back(SizeRange({ 64, 64 }, d->sensor, 2, 2));
			}
			StreamFormats sf(fm);
			StreamConfiguration cfg(sf);
			cfg.pixelFormat = role == StreamRole::Raw ? kRawFormats[0] : formats::YUV420;
			cfg.size = role == StreamRole::StillCapture || role == StreamRole::Raw ? d->sensor : Size(1920, 1080).boundedTo(d->sensor);
			cfg.bufferCount = 4;
			config->addConfiguration(cfg);
		}
		if (!roles.empty())
			config->validate();
		return config;
	}

	int configure(Camera *camera, CameraConfiguration *config) override
	{
		CiCameraData *d = data(camera);
		unsigned i = 0;
		for (StreamConfiguration &cfg : *config) {
			cfg.setStream(&d->streams[i]);
			if (!isRawFormat(cfg.pixelFormat))
				d->scenes[i].setup(cfg.size);
			i++;
		}
		d->crop = Rectangle(d->sensor);
		return 0;
	}

	int exportFrameBuffers(Camera *, Stream *stream, std::vector<std::unique_ptr<FrameBuffer>> *buffers) override
	{
		if (!heap_.isValid())
			return -ENOBUFS;
		const StreamConfiguration &cfg = stream->configuration();
		return heap_.exportBuffers(cfg.bufferCount, { cfg.frameSize }, buffers);
	}

	int start(Camera *camera, const ControlList *controls) override
	{
		CiCameraData *d = data(camera);
		d->seq = d->shown = d->late = d->starved = 0;
		readFault();
		if (mode_ == "stick")
			mode_ = "ok";
		if (controls)
			apply(d, *controls);
		d->next = std::chrono::steady_clock::now() + d->frameDuration;
		d->timer = std::make_unique<Timer>();
		d->timer->timeout.connect(this, [this, camera]() { tick(camera); });
		d->timer->start(d->next);
		return 0;
	}

	void stopDevice(Camera *camera) override
	{
		CiCameraData *d = data(camera);
		d->timer.reset();
		if (d->late || d->starved)
			LOG(CiCam, Warning) << "of " << d->seq << " frames " << d->late << " lost by a late timer (machine too busy), "
					    << d->starved << " for want of a request (application too slow)";
		while (!d->queuedRequests_.empty())
			cancelRequest(d->queuedRequests_.front());
		todo_.erase(camera);
	}

	int queueRequestDevice(Camera *camera, Request *request) override
	{
		todo_[camera].push_back(request);
		return 0;
	}

private:
	CiCameraData *data(Camera *camera) { return static_cast<CiCameraData *>(camera->_d()); }

	void addCamera(int index)
	{
		auto d = std::make_unique<CiCameraData>(this);
		d->sensor = parseSize(env("CICAM_SENSOR", "4608x2592"));
		Size full = d->sensor, half = full / 2, third = full / 3;
		d->rawSizes = { third, half, full };
		for (auto &s : d->rawSizes)
			s.width &= ~1u, s.height &= ~1u;

		d->properties_.set(properties::Model, std::string(env("CICAM_MODEL", "imx708")));
		d->properties_.set(properties::Location, properties::CameraLocationExternal);
		d->properties_.set(properties::Rotation, 0);
		d->properties_.set(properties::PixelArraySize, d->sensor);
		d->properties_.set(properties::PixelArrayActiveAreas, { Rectangle(d->sensor) });
		d->properties_.set(properties::UnitCellSize, Size(1400, 1400));
		d->properties_.set(properties::ScalerCropMaximum, Rectangle(d->sensor));
		d->properties_.set(properties::draft::ColorFilterArrangement,
				   properties::draft::ColorFilterArrangementEnum::BGGR);

		ControlInfoMap::Map c;
		const std::array<int64_t, 2> dflt{ 33333, 33333 };
		c[&controls::FrameDurationLimits] = ControlInfo(int64_t(8333), int64_t(1000000), Span<const int64_t, 2>{ dflt });
		c[&controls::ExposureTime] = ControlInfo(1, 66666, 20000);
		c[&controls::AnalogueGain] = ControlInfo(1.0f, 16.0f, 1.0f);
		c[&controls::AeEnable] = ControlInfo(false, true, true);
		c[&controls::ExposureTimeMode] = ControlInfo(0, 1, 0);
		c[&controls::AnalogueGainMode] = ControlInfo(0, 1, 0);
		c[&controls::AwbEnable] = ControlInfo(false, true, true);
		c[&controls::Brightness] = ControlInfo(-1.0f, 1.0f, 0.0f);
		c[&controls::Contrast] = ControlInfo(0.0f, 32.0f, 1.0f);
		c[&controls::Sharpness] = ControlInfo(0.0f, 16.0f, 1.0f);
		c[&controls::Saturation] = ControlInfo(0.0f, 32.0f, 1.0f);
		c[&controls::ScalerCrop] = ControlInfo(Rectangle(0, 0, 64, 64), Rectangle(d->sensor), Rectangle(d->sensor));
		c[&controls::draft::NoiseReductionMode] = ControlInfo(controls::draft::NoiseReductionModeValues);
		d->controlInfo_ = ControlInfoMap(std::move(c), controls::controls);

		std::set<Stream *> streams;
		for (auto &s : d->streams)
			streams.insert(&s);
		std::string id = "/base/soc/i2c0mux/i2c@" + std::to_string(index) + "/" + env("CICAM_MODEL", "imx708") + "@1a";
		registerCamera(Camera::create(std::move(d), id, streams));
	}

	void apply(CiCameraData *d, const ControlList &list)
	{
		if (auto v = list.get(controls::FrameDurationLimits)) {
			int64_t lo = std::clamp<int64_t>((*v)[0], 8333, 1000000), hi = std::clamp<int64_t>((*v)[1], 8333, 1000000);
			/* Like the Pi with plenty of light: as fast as allowed, at most 120 fps... */
			d->frameDuration = std::chrono::microseconds(std::max<int64_t>(lo, std::min<int64_t>(hi, 33333)));
		}
		if (auto v = list.get(controls::ExposureTime))
			d->exposure = *v;
		if (auto v = list.get(controls::AnalogueGain))
			d->gain = *v;
		if (auto v = list.get(controls::ScalerCrop))
			d->crop = *v;
	}

	void readFault()
	{
		const char *path = getenv("CICAM_CONTROL");
		struct stat st;
		if (!path || stat(path, &st)) {
			mode_ = "ok";
			return;
		}
		uint64_t stamp = st.st_mtim.tv_sec * 1000000000ull + st.st_mtim.tv_nsec;
		if (stamp == faultStamp_)
			return;
		faultStamp_ = stamp;
		std::ifstream in(path);
		mode_ = "ok";
		arg_ = 0;
		in >> mode_ >> arg_;
		LOG(CiCam, Info) << "fault: " << mode_ << " " << arg_;
	}

	void tick(Camera *camera)
	{
		CiCameraData *d = data(camera);
		readFault();
		auto dur = d->frameDuration;
		if (mode_ == "slow" && arg_ > 0)
			dur *= arg_;
		d->next += dur;
		auto now = std::chrono::steady_clock::now();
		while (d->next <= now) { /* this machine was late: sensor frames lost */
			d->next += dur;
			d->seq++;
			d->late++;
		}
		d->timer->start(d->next);

		const uint32_t seq = d->seq++;
		const uint64_t ts = nowNs(CLOCK_MONOTONIC), wall = nowNs(CLOCK_REALTIME);
		auto &queue = todo_[camera];
		if (mode_ == "stall" || mode_ == "stick" || (mode_ == "drop" && int(rnd_() % 100) < arg_))
			return;
		if (queue.empty()) {
			d->starved++;
			return;
		}
		Request *request = queue.front();
		queue.pop_front();
		apply(d, request->controls());
		if (mode_ != "freeze" || !d->shownWall) {
			d->shown = seq;
			d->shownWall = wall;
		}

		ControlList &md = request->_d()->metadata();
		md.set(controls::SensorTimestamp, int64_t(ts));
		md.set(controls::FrameWallClock, int64_t(wall));
		md.set(controls::FrameDuration, int64_t(dur.count()));
		md.set(controls::ExposureTime, d->exposure ? d->exposure : 19987);
		md.set(controls::AnalogueGain, d->gain ? d->gain : 2.0f);
		md.set(controls::DigitalGain, 1.0f);
		md.set(controls::Lux, mode_ == "black" ? 0.1f : mode_ == "lux" ? float(arg_) : 350.0f);
		md.set(controls::ColourTemperature, 4600);
		md.set(controls::SensorTemperature, 38.0f);
		md.set(controls::ScalerCrop, d->crop);
		md.set(controls::AeState, controls::AeStateConverged);

		for (const auto &[stream, buffer] : request->buffers()) {
			FrameMetadata &fmd = buffer->_d()->metadata();
			fmd.status = mode_ == "error" ? FrameMetadata::FrameError : FrameMetadata::FrameSuccess;
			fmd.sequence = seq;
			fmd.timestamp = ts;
			unsigned n = 0;
			for (auto &p : buffer->planes())
				fmd.planes()[n++].bytesused = p.length;
			for (unsigned i = 0; i < kStreams; i++)
				if (stream == &d->streams[i] && !isRawFormat(stream->configuration().pixelFormat))
					draw(d->scenes[i], stream->configuration(), buffer, d->shown, d->shownWall);
			completeBuffer(request, buffer);
		}
		completeRequest(request);
	}

	void draw(Scene &scene, const StreamConfiguration &cfg, FrameBuffer *buffer, uint32_t seq, uint64_t wall)
	{
		const unsigned w = cfg.size.width, h = cfg.size.height, st = cfg.stride;
		const auto &plane = buffer->planes()[0];
		void *m = mmap(nullptr, plane.offset + cfg.frameSize, PROT_READ | PROT_WRITE, MAP_SHARED, plane.fd.get(), 0);
		if (m == MAP_FAILED) {
			buffer->_d()->metadata().status = FrameMetadata::FrameError;
			return;
		}
		uint8_t *dst = static_cast<uint8_t *>(m) + plane.offset;
		const uint8_t *y = scene.render(seq, wall, mode_ == "black"), *u = y + w * h, *v = u + w * h / 4;
		if (cfg.pixelFormat == formats::YUV420)
			libyuv::I420Copy(y, w, u, w / 2, v, w / 2, dst, st, dst + st * h, st / 2, dst + st * h * 5 / 4, st / 2, w, h);
		else if (cfg.pixelFormat == formats::NV12)
			libyuv::I420ToNV12(y, w, u, w / 2, v, w / 2, dst, st, dst + st * h, st, w, h);
		else if (cfg.pixelFormat == formats::XRGB8888)
			libyuv::I420ToARGB(y, w, u, w / 2, v, w / 2, dst, st, w, h);
		else if (cfg.pixelFormat == formats::XBGR8888)
			libyuv::I420ToABGR(y, w, u, w / 2, v, w / 2, dst, st, w, h);
		else if (cfg.pixelFormat == formats::RGB888)
			libyuv::I420ToRGB24(y, w, u, w / 2, v, w / 2, dst, st, w, h);
		else
			libyuv::I420ToRAW(y, w, u, w / 2, v, w / 2, dst, st, w, h);
		munmap(m, plane.offset + cfg.frameSize);
	}

	static inline bool taken_ = false;
	bool matched_ = false;
	DmaBufAllocator heap_;
	std::map<Camera *, std::list<Request *>> todo_;
	/* One fault for the process, also when the camera is closed and opened anew. */
	static inline std::string mode_ = "ok";
	static inline int arg_ = 0;
	static inline uint64_t faultStamp_ = 0;
	std::mt19937 rnd_{ 7 };
};

REGISTER_PIPELINE_HANDLER(PipelineHandlerCiCam, "cicam")

} /* namespace libcamera */
