#!/bin/sh
# Makes the clips that the sandbox serves as "generated" videos: one for each combination of frames,
# quality and duration that the Hailuo models can deliver, and small ones of three shapes, silent and
# with sound, for all other models. All of it is drawn by ffmpeg itself, so nobody else's rights are
# involved. Needs ffmpeg with libx264 and the DejaVu Sans font.
#
# usage: sh sandbox/clips/make-clips.sh

set -eu
cd "$(dirname "$0")"

FRAMES_PER_SECOND=24
FONT=${FONT:-/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf}
LARGEST_CLIP_BYTES=150000

# make_clip <file> <words> <width> <height> <seconds> [-an, or the options of the sound]
make_clip() {
	file=$1
	words=$2
	width=$3
	height=$4
	seconds=$5
	sound=${6:--an}
	bar=$((height / 60))
	square=$((height / 6))

	# `-threads 1` and `+bitexact` keep the bytes the same from one machine to the next.
	# shellcheck disable=SC2086 # the options of the sound are several words
	ffmpeg -hide_banner -loglevel error -y \
		-f lavfi -i "gradients=size=${width}x${height}:rate=${FRAMES_PER_SECOND}:duration=${seconds}:c0=0x1b2a49:c1=0x2f6f7e:x0=0:y0=0:x1=${width}:y1=${height}:nb_colors=2:speed=0.0001:seed=1" \
		-f lavfi -i "color=color=0xf2b134:size=${square}x${square}:rate=${FRAMES_PER_SECOND}:duration=${seconds}" \
		-f lavfi -i "color=color=0xffffff:size=${width}x${bar}:rate=${FRAMES_PER_SECOND}:duration=${seconds}" \
		-f lavfi -i "sine=frequency=440:sample_rate=44100:duration=${seconds}" \
		-filter_complex "\
[0:v]drawtext=fontfile=${FONT}:text='Evolink sandbox':fontcolor=white:fontsize=min(w\,h)/10:x=(w-text_w)/2:y=h/6,\
drawtext=fontfile=${FONT}:text='${width} x ${height}, ${seconds} seconds':fontcolor=white:fontsize=min(w\,h)/20:x=(w-text_w)/2:y=h/6+h/8,\
drawtext=fontfile=${FONT}:text='${words}':fontcolor=0xf2b134:fontsize=min(w\,h)/20:x=(w-text_w)/2:y=h/6+h/5[titled];\
[titled][1:v]overlay=x='(W-w)*t/${seconds}':y='H*0.6-h/2+sin(t*2)*h/2'[moving];\
[moving][2:v]overlay=x='-W+W*t/${seconds}':y=H-h[out]" \
		-map '[out]' -t "$seconds" -r "$FRAMES_PER_SECOND" $sound \
		-c:v libx264 -preset slower -crf 34 -pix_fmt yuv420p -threads 1 \
		-fflags +bitexact -flags:v +bitexact -flags:a +bitexact -map_metadata -1 -movflags +faststart \
		"$file"

	bytes=$(wc -c <"$file")
	if [ "$bytes" -gt "$LARGEST_CLIP_BYTES" ]; then
		echo "$file has $bytes bytes, more than the $LARGEST_CLIP_BYTES allowed" >&2
		exit 1
	fi
	echo "$file: $bytes bytes"
}

# make_hailuo_clip <frames> <quality> <width> <height> <seconds>
make_hailuo_clip() {
	make_clip "$1-$2-$5s.mp4" "$(echo "$1" | tr - ' ')" "$3" "$4" "$5"
}

# make_small_clips <shape> <width> <height>
make_small_clips() {
	make_clip "$1-silent.mp4" silent "$2" "$3" 5
	make_clip "$1-sound.mp4" 'with sound' "$2" "$3" 5 '-map 3:a -c:a aac -b:a 24k'
}

make_hailuo_clip first-frame 512p 910 512 6
make_hailuo_clip first-frame 512p 910 512 10
for frames in no-image first-frame first-and-last-frame; do
	make_hailuo_clip "$frames" 768p 1366 768 6
	make_hailuo_clip "$frames" 768p 1366 768 10
	make_hailuo_clip "$frames" 1080p 1920 1080 6
done
make_small_clips landscape 640 360
make_small_clips portrait 360 640
make_small_clips square 480 480
