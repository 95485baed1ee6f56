#!/bin/sh
# An inference service: RapidOCR, whose model weights come inside its PyPI package. It installs what
# it needs where that is missing, as in a plain Python image.
set -eu

python3 -c 'import rapidocr_onnxruntime, aiohttp' 2> /dev/null || {
    python3 -m pip install --quiet aiohttp numpy onnxruntime opencv-python-headless pillow \
        pyclipper pyyaml shapely six tqdm
    python3 -m pip install --quiet --no-deps rapidocr-onnxruntime==1.4.4
}

exec python3 /dev/fd/3 3<<'PYTHON'
"""POST an image as form field `data` to /recognize; the answer is JSON: each line with its score."""

import asyncio
import io
import os
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from aiohttp import web
from PIL import Image, UnidentifiedImageError
from rapidocr_onnxruntime import RapidOCR

LARGEST = 20 * 1024 * 1024
POD = os.environ.get("POD_IP") or os.environ.get("HOSTNAME", "")

# One thread an inference: the scaler adds pods, not threads.
MODEL = RapidOCR(
    intra_op_num_threads=1, inter_op_num_threads=1, det_limit_type="max", det_limit_side_len=960
)
WORKER = ThreadPoolExecutor(max_workers=1)


def recognize(content):
    image = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))[:, :, ::-1]
    lines, _ = MODEL(np.ascontiguousarray(image))
    return [
        {"text": text, "score": round(float(score), 4), "box": [[round(x), round(y)] for x, y in box]}
        for box, text, score in lines or []
    ]


async def answer(request):
    if not request.content_type.startswith("multipart/"):
        return refusal("send the image as form field data: curl -F data=@image.png …")
    data = (await request.post()).get("data")
    if not isinstance(data, web.FileField):
        return refusal("the form has no file in field data: curl -F data=@image.png …")
    began = time.monotonic()
    loop = asyncio.get_running_loop()
    try:
        lines = await loop.run_in_executor(WORKER, recognize, data.file.read())
    except UnidentifiedImageError:
        return refusal("the file is no image; send PNG, JPEG or another common format")
    except (OSError, Image.DecompressionBombError) as error:
        return refusal(f"the image cannot be read: {error}")
    seconds = round(time.monotonic() - began, 3)
    return web.json_response({"lines": lines, "seconds": seconds, "pod": POD})


def refusal(reason):
    return web.json_response({"error": reason}, status=400)


async def about(request):
    return web.json_response({"model": "RapidOCR", "usage": "POST recognize, form field data"})


app = web.Application(client_max_size=LARGEST)
app.add_routes([web.get("/", about), web.post("/recognize", answer)])
web.run_app(
    app,
    host=os.environ.get("HOST", "0.0.0.0"),
    port=int(os.environ.get("PORT", "5000")),
    access_log=None,
    print=None,
)
PYTHON
